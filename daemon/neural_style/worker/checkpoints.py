"""Checkpoints of a job on disk: an iterate, its position, and the minimiser's state."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from neural_style.engine import Checkpoint, Progress, Render, State
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import StoredPicture, store
from neural_style.worker.pictures import picture_of, planes_of
from neural_style.worker.stored_state import pack, unpack
from neural_style_protocol import __version__, fields
from neural_style_protocol._message import Count, Real
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 10.0
CHECKPOINT_SHARE = 50
"""The pause after a checkpoint is at least this many times the time to write it."""

BYTES_PER_SECOND = 2 << 20
"""The highest average rate, because writing wears out disks."""

STATE_BYTES = 128 << 20
"""Most bytes of the minimiser's state: about that of a megapixel, with its pairs in bfloat16."""


@dataclass(frozen=True)
class _Place:
    """The position of the job, and the seconds of computing until then."""

    scale: Count
    evaluation: Count
    step: Count
    elapsed: Real


class Checkpoints:
    """Writes the checkpoint of the job in ``folder`` at each new scale and every few seconds."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._scale = 0
        self._next = time.monotonic() + CHECKPOINT_SECONDS

    def read(self) -> tuple[Checkpoint, float] | None:
        """The checkpoint, and the seconds of computing before it; None if there is none."""
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

    def write_if_due(self, progress: Progress, render: Render, elapsed: float) -> None:
        """Write a checkpoint if it is due."""
        if progress.scale != self._scale or time.monotonic() >= self._next:
            self.write(progress, render, elapsed, durable=False)

    def write(
        self, progress: Progress, render: Render, elapsed: float, *, durable: bool = True
    ) -> None:
        """Write a checkpoint now. If the disk is full, the job continues without one.

        Only the checkpoint of a paused job is ``durable``. The others survive the end of a process
        too, and waiting for the disk would delay the job.
        """
        began = time.monotonic()
        place = _Place(progress.scale, progress.evaluation, progress.step, elapsed)
        picture = picture_of(render(), None, "f32")
        if not self._store(picture, place, render.state(STATE_BYTES), durable=durable):
            # There may be enough space for the picture without the state.
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
        table, tensors = pack(state or {})
        header = {**fields.header_of(place), "program": __version__, "tensors": table}
        try:
            store(self._folder.checkpoint, picture, header, tensors, durable=durable)
        except StorageError as error:
            log.warning("%s", error)
            return False
        return True


def _state_in(stored: StoredPicture) -> State | None:
    """The state after the picture, if the same version of the program has written it."""
    header: dict[str, Any] = dict(stored.header)
    if header.get("program") != __version__ or not header.get("tensors"):
        return None
    try:
        return unpack(header["tensors"], stored.extra())
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        log.warning("the checkpoint's state cannot be used: %s", problem)
        return None
