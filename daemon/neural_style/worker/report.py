"""What the service hears of a job: progress, previews, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from neural_style.engine import Outcome, Progress, Render
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import store
from neural_style.worker.checkpoints import Checkpoints
from neural_style.worker.pictures import Planes, picture_of
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.errors import StorageError
from neural_style_protocol.losses import Losses
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)

Send = Callable[[Message, Sequence[bytes]], None]

PROGRESS_SECONDS = 0.05
PREVIEW_SECONDS = 0.25
PREVIEW_SHARE = 50
"""A preview waits at least this many times as long as one took to draw lately."""

FIRST_PAUSE = 1.0
"""Seconds after the first one, however long it took: much of that is not spent again."""


@dataclass
class Report:
    """Tells the service how a job goes, no more often than a person can see.

    ``elapsed_before`` are the seconds that were spent on the job before it was interrupted.
    """

    job: str
    send: Send
    folder: JobFolder
    checkpoints: Checkpoints
    content: Planes
    dtype: str
    stop: Stop
    elapsed_before: float = 0.0
    began: float = field(default_factory=time.monotonic)
    first: tuple[float, float] | None = None
    """When the first evaluation was over, and the fraction of the work then: the time left follows
    from what came after it, because much is done before it that is not done again."""
    paused_at: int | None = None
    next_progress: float = 0.0
    next_preview: float = 0.0
    preview_costs: tuple[float, ...] = ()

    @property
    def elapsed(self) -> float:
        """Seconds spent on the job so far."""
        return self.elapsed_before + time.monotonic() - self.began

    def observe(self, progress: Progress, render: Render) -> bool:
        """Tell and save what is due; False once a stop was asked for."""
        now = time.monotonic()
        if now >= self.next_progress:
            self.next_progress = now + PROGRESS_SECONDS
            self.send(self._line(progress), ())
        if now >= self.next_preview:
            picture = picture_of(render(), self.content.alpha, "u8")
            self.send(
                daemon_messages.Preview(self.job, 0, progress.step, picture.spec), [picture.data]
            )
            self.next_preview = now + self._pause_after(time.monotonic() - now)
        if self.stop.requested:
            if self.stop.wish == "pause":
                self.checkpoints.write(progress, render, self.elapsed)
                self.paused_at = progress.step
            return False
        self.checkpoints.consider(progress, render, self.elapsed)
        return True

    def _pause_after(self, cost: float) -> float:
        """The better of the last two counts: a machine that was busy for a moment says little."""
        is_first = not self.preview_costs
        self.preview_costs = (*self.preview_costs[-1:], cost)
        pause = max(PREVIEW_SECONDS, PREVIEW_SHARE * min(self.preview_costs))
        return min(pause, FIRST_PAUSE) if is_first else pause

    def finish(self, outcome: Outcome) -> None:
        """Tell how the job ended, its result being on disk first."""
        if self.paused_at is not None:
            self.send(daemon_messages.Paused(self.job, self.paused_at), ())
            return
        if outcome.ending == "stopped" and self.stop.wish == "discard":
            self.send(daemon_messages.Discarded(self.job), ())
            return
        picture = picture_of(outcome.image, self.content.alpha, self.dtype)
        result = daemon_messages.Result(
            self.job,
            0,
            outcome.steps,
            picture.spec,
            ending=outcome.ending,
            elapsed=self.elapsed,
            losses=_losses(outcome),
        )
        self.send(result, self._stored(picture, result))

    def _stored(self, picture: Picture, result: daemon_messages.Result) -> list[bytes]:
        """Nothing once the result is on disk; its pixels if the disk does not take them."""
        try:
            store(self.folder.result, picture, result.header())
        except StorageError as error:
            log.warning("%s", error)
            words = f"{error.sentence} The picture is kept in memory until the daemon ends."
            self.send(daemon_messages.Notice(self.job, words), ())
            return [picture.data]
        return []

    def _line(self, progress: Progress) -> daemon_messages.Progress:
        fraction = min(max(progress.fraction, 0.0), 1.0)
        return daemon_messages.Progress(
            job=self.job,
            step=progress.step,
            total=progress.total,
            fraction=fraction,
            losses=_losses(progress),
            elapsed=self.elapsed,
            remaining=self._remaining(fraction),
            width=progress.size[0],
            height=progress.size[1],
        )

    def _remaining(self, fraction: float) -> float | None:
        """Seconds left; None while too little has been done to tell."""
        now = time.monotonic()
        if self.first is None:
            self.first = now, fraction
        first_at, first_fraction = self.first
        done = fraction - first_fraction
        return (now - first_at) * (1 - fraction) / done if done > 0.01 else None


def _losses(source: Progress | Outcome) -> Losses:
    return Losses(dict(source.losses.terms), source.losses.total)
