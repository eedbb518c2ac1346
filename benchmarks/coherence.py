"""``python benchmarks/coherence.py FOLDER``: do the frames of a video stay together?

Two films of 128 × 192 pixels are drawn, whose motion is known. In the first a camera moves in a
circle over a photograph, so that its last frame is its first one, and a thing moves across. In the
second the camera also turns and comes nearer; it is scored by the optical flow that DIS finds, as a
real clip would be. Each is painted as a video, and a few of its frames are painted alone.

Prints as JSON: the *warping error* between a frame and the one before it, moved along, at the
places that both show (root mean square, levels of 255); the style loss; the evaluations a frame;
and how far the brightness has drifted from the first frame to the last. FOLDER gets sheets of
frames.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("daemon", "shared", "tests")]

from benchmark_pictures import gallery  # noqa: E402

from neural_style import weights  # noqa: E402
from neural_style.engine import StyleImage, Stylizer, Task  # noqa: E402
from neural_style.jobstore.job_folder import JobFolder  # noqa: E402
from neural_style.jobstore.worker_messages import Run  # noqa: E402
from neural_style.video.flow import Plane, flow, moved  # noqa: E402
from neural_style.video.trust import trusted  # noqa: E402
from neural_style.worker import frames  # noqa: E402
from neural_style_protocol.client_messages import DEFAULT_COHERENCE  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

HEIGHT, WIDTH = 128, 192
THING = 40
BEFORE = 4


@dataclass(frozen=True)
class Shot:
    """One frame of a film: ``content`` (h, w, 3) in [0, 1].

    Attributes:
        place: of each pixel on the background, (h, w, 2), as (x, y).
        thing: where the upper left corner of the moving thing is; None without one.
    """

    content: Plane
    place: Plane
    thing: tuple[int, int] | None


@dataclass(frozen=True)
class Measured:
    """What was measured of one film, painted in one manner."""

    warping_error: float
    style_loss: float
    style_loss_of_last: float
    evaluations: float
    brightness: tuple[float, ...]


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
        shots.append(Shot(moved_to(photo, place), place, None))
    return shots


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
    mine, its = (frames.grey_of(_tensor(each.content)) for each in (one, other))
    back = flow(mine, its)
    return back, trusted(mine, its, back, flow(its, mine)) > 0


def _covered(shot: Shot) -> NDArray[np.bool_]:
    covered = np.zeros((HEIGHT, WIDTH), bool)
    if shot.thing is not None:
        left, top = shot.thing
        covered[top : top + THING, max(0, left) : max(0, left + THING)] = True
    return covered


def _tensor(picture: Plane) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).contiguous()


class Painter:
    """Paints films with one style."""

    def __init__(self, stylizer: Stylizer, style: torch.Tensor, preset: str) -> None:
        self._stylizer = stylizer
        self._style = StyleImage(style)
        self._settings = Settings(preset=preset)

    def painted(
        self, shots: Sequence[Shot], coherence: float | None
    ) -> tuple[list[Plane], list[float], list[int]]:
        """The pictures, their style losses and evaluations; None paints each frame alone."""
        pictures: list[Plane] = []
        losses, evaluations = [], []
        with tempfile.TemporaryDirectory() as name:
            folders: list[JobFolder] = []
            for number, shot in enumerate(shots):
                task = Task(_tensor(shot.content), (self._style,), self._settings)
                if coherence is not None:
                    task = frames.as_frame(task, _run(folders, coherence), _refuse)
                outcome = self._stylizer.stylize(task, lambda progress, render: True)
                if outcome.frame is not None:
                    folder = Path(name) / str(number)
                    folder.mkdir()
                    folders.append(JobFolder(folder))
                    begins = task.previous is None
                    frames.store(folders[-1], outcome.frame, task.content, begins=begins)
                pictures.append(outcome.image.permute(1, 2, 0).contiguous().numpy())
                losses.append(outcome.losses.terms["style"])
                evaluations.append(outcome.steps)
                print(f"{number + 1} of {len(shots)}", file=sys.stderr, end="\r")
        return pictures, losses, evaluations


def _run(folders: Sequence[JobFolder], coherence: float) -> Run:
    before = tuple(str(folder.path) for folder in folders[: -BEFORE - 1 : -1])
    return Run("", "", {}, (), 0, "", True, bool(folders), before, coherence)


def _refuse(phrase: object) -> None:
    raise ValueError(str(phrase))  # these films have no cuts


def warping_error(shots: Sequence[Shot], pictures: Sequence[Plane], motion: Any) -> float:
    """Root mean square, levels of 255."""
    squares = []
    for number in range(1, len(shots)):
        back, known = motion(shots[number], shots[number - 1])
        expected = moved(pictures[number - 1], np.ascontiguousarray(back))
        squares.append(float(np.square((pictures[number] - expected)[known]).mean()))
    return 255 * math.sqrt(sum(squares) / len(squares))


def measured(
    shots: Sequence[Shot], painted: tuple[list[Plane], list[float], list[int]], motion: Any
) -> Measured:
    pictures, losses, evaluations = painted
    last = losses[-max(1, len(losses) // 5) :]
    return Measured(
        round(warping_error(shots, pictures, motion), 2),
        round(sum(losses) / len(losses), 4),
        round(sum(last) / len(last), 4),
        round(sum(evaluations[1:]) / max(1, len(evaluations) - 1), 1),
        tuple(round(255 * float(picture.mean()), 1) for picture in pictures),
    )


def sheet(rows: Sequence[Sequence[Plane]], path: Path) -> None:
    """Draw rows of frames."""
    lines = [np.concatenate([each.clip(0, 1) for each in row], 1) for row in rows]
    Image.fromarray((np.concatenate(lines) * 255).round().astype(np.uint8)).save(path)


def opened(path: Path, size: tuple[int, int]) -> Plane:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize(size), np.float32) / 255


def main() -> None:
    """Paint, measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--alone", type=int, default=6, help="frames that are painted alone")
    parser.add_argument("--coherence", type=float, default=DEFAULT_COHERENCE)
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--film", choices=("circle", "approach"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        chosen = gallery(Path(name))
        stylizer = Stylizer(weights.ensure(Path(name)), device="cpu")
        photo = opened(chosen.path(chosen.contents[0]), (260, 180))
        thing = opened(chosen.path(chosen.contents[1]), (THING, THING))
        style = _tensor(opened(chosen.path(chosen.styles[1]), (224, 176)))
        painter = Painter(stylizer, style, asked.preset)
        films = {
            "circle": (circle(photo, thing, asked.frames), true_motion),
            "approach": (approach(photo, min(20, asked.frames)), found_motion),
        }
        report: dict[str, Any] = {"pictures": chosen.called, "coherence": asked.coherence}
        for title, (shots, motion) in films.items():
            if asked.film in (None, title):
                report[title] = _of_film(painter, title, shots, motion, asked)
    print(json.dumps(report))


def _of_film(
    painter: Painter, title: str, shots: list[Shot], motion: Any, asked: argparse.Namespace
) -> dict[str, Any]:
    video = painter.painted(shots, asked.coherence)
    middle = len(shots) // 2
    few = shots[middle : middle + asked.alone]
    alone = painter.painted(few, None)
    found, single = measured(shots, video, motion), measured(few, alone, motion)
    own = [shot.content for shot in shots]
    rows = [row[middle : middle + asked.alone] for row in (own, video[0])] + [alone[0]]
    ends = [0, len(shots) // 3, 2 * len(shots) // 3, len(shots) - 1]
    sheet(rows, asked.folder / f"{title}.png")
    sheet([[row[n] for n in ends] for row in (own, video[0])], asked.folder / f"{title}-ends.png")
    return {
        "frames": len(shots),
        "video": asdict(found),
        "alone": asdict(single),
        "warping_error_of_the_film": round(warping_error(shots, own, motion), 2),
        "warping_error_ratio": round(found.warping_error / single.warping_error, 3),
        "style_loss_ratio": round(found.style_loss / single.style_loss, 3),
        "brightness_drift": round(found.brightness[-1] - found.brightness[0], 1),
    }


if __name__ == "__main__":
    main()
