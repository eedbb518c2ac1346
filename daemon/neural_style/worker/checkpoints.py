"""How far a job is, on disk: the newest iterate of the scale, and what the minimiser knew."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from neural_style.engine import Checkpoint, Progress, Render, State
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import StoredPicture, store
from neural_style.worker.pictures import picture_of, planes_of
from neural_style.worker.stored_state import packed, unpacked
from neural_style_protocol import __version__, fields
from neural_style_protocol._message import Count, Real
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 10.0
CHECKPOINT_SHARE = 50
"""A checkpoint waits at least this many times as long as the last one took to write."""

BYTES_PER_SECOND = 2 << 20
"""No more than so much is written on average: disks wear."""

STATE_BYTES = 128 << 20
"""What the minimiser's memory may take on disk: about a megapixel's, its pairs rounded."""


@dataclass(frozen=True)
class _Place:
    """How far the job was, and the seconds that were spent until then."""

    scale: Count
    evaluation: Count
    step: Count
    elapsed: Real


class Checkpoints:
    """The checkpoint of the job in ``folder``; at each new scale, and every few seconds."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._scale = 0
        self._next = time.monotonic() + CHECKPOINT_SECONDS

    def read(self) -> tuple[Checkpoint, float] | None:
        """The checkpoint, and the seconds that were spent until it; None if there is none."""
        stored = self._folder.stored_checkpoint()
        if stored is None:
            return None
        try:
            place = fields.read(_Place, stored.header, "checkpoint")
            checkpoint = Checkpoint(
                image=planes_of(stored.picture()).colour,
                scale=place.scale,
                evaluation=place.evaluation,
                step=place.step,
                state=_state_in(stored),
            )
            return checkpoint, place.elapsed
        except NeuralStyleError as error:
            log.warning("the checkpoint cannot be used: %s", error)
            return None

    def consider(self, progress: Progress, render: Render, elapsed: float) -> None:
        """Write one if it is time."""
        if progress.scale != self._scale or time.monotonic() >= self._next:
            self.write(progress, render, elapsed, durable=False)

    def write(
        self, progress: Progress, render: Render, elapsed: float, *, durable: bool = True
    ) -> None:
        """Write one now; a full disk costs the checkpoint, not the picture.

        Only one that people wait for is ``durable`` to the disk: the others outlive any process,
        and nobody is to wait for the disk because of them.
        """
        began = time.monotonic()
        place = _Place(progress.scale, progress.evaluation, progress.step, elapsed)
        picture = picture_of(render(), None, "f32")
        if not self._store(picture, place, render.state(STATE_BYTES), durable=durable):
            # There may be room for the picture alone.
            self._store(picture, place, None, durable=durable)
        ended = time.monotonic()
        self._scale = progress.scale
        self._next = ended + max(
            CHECKPOINT_SECONDS,
            CHECKPOINT_SHARE * (ended - began),
            self._folder.checkpoint_bytes() / BYTES_PER_SECOND,
        )

    def _store(
        self, picture: Picture, place: _Place, state: State | None, *, durable: bool
    ) -> bool:
        table, tensors = packed(state or {})
        told = {**fields.header_of(place), "program": __version__, "tensors": table}
        try:
            store(self._folder.checkpoint, picture, told, tensors, durable=durable)
        except StorageError as error:
            log.warning("%s", error)
            return False
        return True


def _state_in(stored: StoredPicture) -> State | None:
    """The state behind the picture, if this very version of the program left one."""
    header: dict[str, Any] = dict(stored.header)
    if header.get("program") != __version__ or not header.get("tensors"):
        return None
    try:
        return unpacked(header["tensors"], stored.more())
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        log.warning("the checkpoint's state cannot be used: %s", problem)
        return None
