"""The frames of a video: what each keeps for the next, and what it is told of those before.

A frame's file holds its paint in full, so that a chain that was interrupted goes on exactly.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from neural_style.engine import Frame, Previous, Task, Tones
from neural_style.engine.picture.colour_map import ColourMap
from neural_style.engine.picture.recolour import luminance
from neural_style.engine.presets import temporal_weight
from neural_style.jobstore import stored_picture
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import StoredPicture
from neural_style.jobstore.worker_messages import Run
from neural_style.video import shots
from neural_style.video.flow import Grey, resized
from neural_style.video.trust import Earlier, expected
from neural_style.worker.stored_state import pack, unpack
from neural_style_protocol.errors import StorageError
from neural_style_protocol.optional_packages import needed
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import Picture, PictureSpec
from neural_style_protocol.result_size import result_size

log = logging.getLogger(__name__)

DISTANCES = (1, 2, 4)
"""How many frames back a frame looks. What the nearest does not show, a farther one may."""

NEW_SHOT = Phrase("Little of this frame is seen in the frame before it: a new shot begins here.")
ANOTHER_SIZE = Phrase(
    "This frame has another size than the frame before it: a new shot begins here."
)
LOST = Phrase("The frame before this one is not here any more: a new shot begins here.")


@dataclass(frozen=True)
class Kept:
    """A frame before: what it keeps, its ``grey`` content (h, w), and whether it begins a shot."""

    frame: Frame
    grey: Grey
    begins: bool


def as_frame(task: Task, run: Run, notify: Callable[[Phrase], None]) -> Task:
    """``task`` as the frame of a video, after the frames before it.

    Args:
        notify: called with a sentence if the frame begins a new shot although it follows another.

    Raises:
        PackageMissing: OpenCV is not installed.
    """
    needed("cv2")
    task = replace(task, is_frame=True)
    if not run.follows:
        return task
    before = _read_shot([Path(folder) for folder in run.before])
    if not before:
        notify(LOST)
        return task
    _, height, width = task.content.shape
    if before[0].grey.shape != result_size(task.settings, width, height)[::-1]:
        notify(ANOTHER_SIZE)
        return task
    sources = [
        Earlier(kept.grey, kept.frame.paint.permute(1, 2, 0).contiguous().numpy())
        for distance in DISTANCES
        if distance <= len(before)
        for kept in [before[distance - 1]]
    ]
    found = expected(grey_of(task.content), sources)
    if shots.begins_shot(found.trust):
        notify(NEW_SHOT)
        return task
    previous = Previous(
        paint=torch.from_numpy(found.paint).permute(2, 0, 1).contiguous(),
        trust=torch.from_numpy(found.trust).unsqueeze(0),
        tones=before[0].frame.tones,
        weight=temporal_weight(run.coherence),
    )
    return replace(task, previous=previous)


def store(folder: JobFolder, frame: Frame, content: Tensor, *, begins: bool) -> None:
    """Keep in ``folder`` what the next frame needs.

    Args:
        content: (3, h, w) in [0, 1], of any size.

    Raises:
        StorageError: the file cannot be written.
    """
    _, height, width = frame.paint.shape
    grey = resized(grey_of(content), width, height)
    tones = frame.tones
    table, tensors = pack(
        {
            "begin_linear": tones.begin.linear,
            "begin_offset": tones.begin.offset,
            "seen_linear": tones.seen.linear,
            "seen_offset": tones.seen.offset,
            "paint": frame.paint,
        }
    )
    picture = Picture(PictureSpec(width, height, 1), grey.tobytes())
    stored_picture.store(folder.frame, picture, {"tensors": table, "begins": begins}, tensors)


def read(path: Path) -> Kept | None:
    """What :func:`store` has kept at ``path``; None if nothing is there, or nothing whole."""
    stored = StoredPicture.find(path)
    if stored is None:
        return None
    try:
        state = unpack(stored.header["tensors"], stored.extra())
        tones = Tones(
            ColourMap(state["begin_linear"], state["begin_offset"]),
            ColourMap(state["seen_linear"], state["seen_offset"]),
        )
        flat = np.frombuffer(stored.picture().data, np.uint8)
        grey = flat.reshape(stored.spec.height, stored.spec.width)
        return Kept(Frame(state["paint"], tones), grey, bool(stored.header["begins"]))
    except (StorageError, ValueError, KeyError, TypeError, AttributeError) as problem:
        log.warning("a frame cannot be used: %s", problem)
        return None


def grey_of(content: Tensor) -> Grey:
    """The lightness of (3, h, w) in [0, 1] in levels of 255: (h, w)."""
    levels = luminance(content.detach().float().cpu()).squeeze(0).mul(255).round().clamp(0, 255)
    return np.asarray(levels.to(torch.uint8).numpy(), np.uint8)


def _read_shot(folders: Sequence[Path]) -> list[Kept]:
    """The frames in ``folders``, the nearest first, to the beginning of the shot."""
    found: list[Kept] = []
    for folder in folders:
        kept = read(JobFolder(folder).frame)
        if kept is None or (found and kept.grey.shape != found[0].grey.shape):
            break
        found.append(kept)
        if kept.begins:
            break
    return found
