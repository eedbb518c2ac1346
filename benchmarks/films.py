"""The films of benchmarks/coherence.py: two that are drawn, whose motion is known, and clips.

In the first drawn film a camera moves in a circle over a photograph, so that its last frame is its
first one, and a thing moves across. In the second the camera turns and comes nearer.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("daemon", "shared")]

from neural_style.video import clips  # noqa: E402
from neural_style.video.flow import Plane, flow, moved  # noqa: E402
from neural_style.video.shots import begins_shot  # noqa: E402
from neural_style.video.trust import trusted  # noqa: E402
from neural_style.worker.frames import grey_of  # noqa: E402
from neural_style_protocol.pixels import Picture  # noqa: E402

HEIGHT, WIDTH = 128, 192
THING = 40


@dataclass(frozen=True)
class Shot:
    """One frame of a film: ``content`` (h, w, 3) in [0, 1].

    Attributes:
        place: of each pixel on the background, (h, w, 2), as (x, y); empty if it is not known.
        thing: where the upper left corner of the moving thing is; None without one.
    """

    content: Plane
    place: Plane
    thing: tuple[int, int] | None = None


Motion: TypeAlias = Callable[[Shot, Shot], tuple[Plane, NDArray[np.bool_]]]
"""The flow from a frame to another, (h, w, 2), and where both show the same thing, (h, w)."""


@dataclass(frozen=True)
class Film:
    """Frames in one shot, and how to find their motion for scoring."""

    title: str
    shots: Sequence[Shot]
    motion: Motion


def circle(photo: Plane, thing: Plane, count: int) -> list[Shot]:
    """The camera moves in a circle and is back at the end; the thing crosses its view."""
    shots = []
    for number in range(count):
        turn = 2 * math.pi * number / (count - 1)
        place = _grid() + np.float32((20 + 18 * math.cos(turn), 20 + 18 * math.sin(turn)))
        share = number / (count - 1)
        corner = round((WIDTH + 2 * THING) * share) - THING, 50 + round(20 * math.sin(turn))
        shots.append(Shot(_with_thing(moved_to(photo, place), thing, corner), place, corner))
    return shots


def approach(photo: Plane, count: int) -> list[Shot]:
    """The camera turns and comes nearer."""
    shots = []
    centre = np.float32((WIDTH / 2, HEIGHT / 2))
    for number in range(count):
        angle, scale = 0.004 * number, 1.15 - 0.004 * number
        turn = np.float32(((math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))))
        place = (_grid() - centre) @ turn.T * np.float32(scale) + centre + np.float32(28 + number)
        shots.append(Shot(moved_to(photo, place), place))
    return shots


def clip(path: Path, count: int) -> list[Shot]:
    """The first ``count`` frames of the clip's first shot that is so long, at HEIGHT."""
    shots: list[Shot] = []
    for frame in clips.frames(path):
        shot = Shot(_scaled(frame.picture), np.zeros((0, 0, 2), np.float32))
        if shots and begins_shot(found_motion(shot, shots[-1])[1].astype(np.float32)):
            shots = []
        shots.append(shot)
        if len(shots) == count:
            return shots
    raise SystemExit(f"{path} has no shot of {count} frames.")


def _scaled(picture: Picture) -> Plane:
    image = Image.frombytes("RGB", (picture.width, picture.height), bytes(picture.data))
    size = (round(picture.width * HEIGHT / picture.height), HEIGHT)
    return np.asarray(image.resize(size), np.float32) / 255


def _grid() -> Plane:
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    return np.stack((x, y), -1)


def moved_to(photo: Plane, place: Plane) -> Plane:
    """The photograph at those places: (h, w, 3)."""
    return moved(photo, np.ascontiguousarray(place - _grid())).clip(0, 1)


def _with_thing(picture: Plane, thing: Plane, corner: tuple[int, int]) -> Plane:
    made, (left, top) = picture.copy(), corner
    first, end = max(0, left), min(WIDTH, left + THING)
    if first < end:
        made[top : top + THING, first:end] = thing[:, first - left : end - left]
    return made


def true_motion(one: Shot, other: Shot) -> tuple[Plane, NDArray[np.bool_]]:
    """The flow from ``one`` to ``other``, and where both show the same thing."""
    back = one.place - other.place
    mine, its = _covered(one), _covered(other)
    if one.thing is not None and other.thing is not None:
        back = back.copy()
        back[mine] = np.float32(other.thing) - np.float32(one.thing)
    x, y = np.moveaxis(_grid() + back, -1, 0)
    inside = (x >= 0) & (x <= WIDTH - 1) & (y >= 0) & (y <= HEIGHT - 1)
    there = moved(its.astype(np.float32), np.ascontiguousarray(back))
    return back, inside & (np.abs(there - mine) < 0.01)


def found_motion(one: Shot, other: Shot) -> tuple[Plane, NDArray[np.bool_]]:
    """The same, as DIS finds it."""
    mine, its = (grey_of(tensor(each.content)) for each in (one, other))
    back = flow(mine, its)
    return back, trusted(mine, its, back, flow(its, mine)) > 0


def _covered(shot: Shot) -> NDArray[np.bool_]:
    covered = np.zeros((HEIGHT, WIDTH), bool)
    if shot.thing is not None:
        left, top = shot.thing
        covered[top : top + THING, max(0, left) : max(0, left + THING)] = True
    return covered


def tensor(picture: Plane) -> torch.Tensor:
    """(3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).contiguous()
