"""How far a job is, on disk: the newest iterate of the scale that is being computed."""

from __future__ import annotations

import logging
import time

from neural_style.engine import Checkpoint, Progress, Render
from neural_style.worker.job_folder import JobFolder
from neural_style.worker.pictures import picture_of, planes_of
from neural_style.worker.stored_picture import store
from neural_style_protocol._reader import Reader
from neural_style_protocol.errors import NeuralStyleError, StorageError

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 10.0
CHECKPOINT_SHARE = 50
"""A checkpoint waits at least this many times as long as the last one took to write."""

MOST = 2**31 - 1


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
            header = Reader(stored.header, "checkpoint")
            checkpoint = Checkpoint(
                image=planes_of(stored.picture()).colour,
                scale=header.integer("scale", 0, MOST),
                evaluation=header.integer("evaluation", 0, MOST),
                step=header.integer("step", 0, MOST),
            )
            return checkpoint, header.number("elapsed")
        except NeuralStyleError as error:
            log.warning("the checkpoint cannot be used: %s", error)
            return None

    def consider(self, progress: Progress, render: Render, elapsed: float) -> None:
        """Write one if it is time."""
        if progress.scale != self._scale or time.monotonic() >= self._next:
            self.write(progress, render, elapsed)

    def write(self, progress: Progress, render: Render, elapsed: float) -> None:
        """Write one now; a full disk costs the checkpoint, not the picture."""
        began = time.monotonic()
        header = {
            "scale": progress.scale,
            "evaluation": progress.evaluation,
            "step": progress.step,
            "elapsed": elapsed,
        }
        try:
            store(self._folder.checkpoint, picture_of(render(), None, "f32"), header)
        except StorageError as error:
            log.warning("%s", error)
        ended = time.monotonic()
        self._scale = progress.scale
        self._next = ended + max(CHECKPOINT_SECONDS, CHECKPOINT_SHARE * (ended - began))
