"""Messages to the service about a job: progress, previews, and its end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from neural_style.engine import Frame, Outcome, Progress, Render
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import store
from neural_style.worker import frames
from neural_style.worker.checkpoints import Checkpoints
from neural_style.worker.pictures import Planes, picture_of
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.errors import StorageError
from neural_style_protocol.losses import Losses
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)

Send = Callable[[Message, Sequence[bytes]], None]

PROGRESS_SECONDS = 0.05
PREVIEW_SECONDS = 0.25
PREVIEW_SHARE = 50
"""The pause after a preview is at least this many times the time to draw one."""

KEPT = "{problem} The picture is kept in memory until the daemon ends."
UNKEPT = "{problem} The next frame begins a new shot."

FIRST_PAUSE = 1.0
"""Longest pause in seconds after the first preview, because later ones take less time."""


@dataclass
class Report:
    """Reports on a job to the service, at a rate that a person can follow.

    ``elapsed_before`` is the time in seconds that the job took before it was interrupted. A frame
    of a video ``begins_shot`` if it has no frames before it.
    """

    job: str
    send: Send
    folder: JobFolder
    checkpoints: Checkpoints
    content: Planes
    dtype: str
    stop: Stop
    elapsed_before: float = 0.0
    begins_shot: bool = True
    began: float = field(default_factory=time.monotonic)
    paused_at: int | None = None
    next_progress: float = 0.0
    next_preview: float = 0.0
    preview_costs: tuple[float, ...] = ()

    @property
    def elapsed(self) -> float:
        """Seconds spent on the job until now."""
        return self.elapsed_before + time.monotonic() - self.began

    def leave_out(self, seconds: float) -> None:
        """Do not count a time in which another job was computed."""
        self.began += seconds

    def observe(self, progress: Progress, render: Render) -> bool:
        """Send and save what is due; return False after a request to stop."""
        now = time.monotonic()
        if now >= self.next_progress:
            self.next_progress = now + PROGRESS_SECONDS
            self.send(self._progress_message(progress), ())
        if now >= self.next_preview:
            picture = picture_of(render(), self.content.alpha, "u8")
            self.send(
                daemon_messages.Preview(self.job, 0, progress.step, picture.spec), [picture.data]
            )
            self.next_preview = now + self._pause_after(time.monotonic() - now)
        if self.stop.requested:
            if self.stop.action == "pause":
                self.checkpoints.write(progress, render, self.elapsed)
                self.paused_at = progress.step
            return False
        self.checkpoints.write_if_due(progress, render, self.elapsed)
        return True

    def _pause_after(self, cost: float) -> float:
        """Uses the faster of the last two previews, because the machine may have been busy once."""
        is_first = not self.preview_costs
        self.preview_costs = (*self.preview_costs[-1:], cost)
        pause = max(PREVIEW_SECONDS, PREVIEW_SHARE * min(self.preview_costs))
        return min(pause, FIRST_PAUSE) if is_first else pause

    def finish(self, outcome: Outcome) -> None:
        """Store the result, and send how the job has ended."""
        if self.paused_at is not None:
            self.send(daemon_messages.Paused(self.job, self.paused_at), ())
            return
        if outcome.ending == "stopped" and self.stop.action == "discard":
            self.send(daemon_messages.Discarded(self.job), ())
            return
        if outcome.frame is not None:
            self._keep_frame(outcome.frame)
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
        self.send(result, self._store(picture, result))

    def _keep_frame(self, frame: Frame) -> None:
        """Store what the next frame needs before the result, which tells that it is there."""
        try:
            frames.store(self.folder, frame, self.content.colour, begins=self.begins_shot)
        except StorageError as error:
            log.warning("%s", error)
            self.send(
                daemon_messages.Notice.of(self.job, Phrase(UNKEPT, {"problem": error.what})), ()
            )

    def _store(self, picture: Picture, result: daemon_messages.Result) -> list[bytes]:
        """Store the result; return its pixels only if that fails."""
        try:
            store(self.folder.result, picture, result.header())
        except StorageError as error:
            log.warning("%s", error)
            self.send(
                daemon_messages.Notice.of(self.job, Phrase(KEPT, {"problem": error.what})), ()
            )
            return [picture.data]
        return []

    def _progress_message(self, progress: Progress) -> daemon_messages.Progress:
        return daemon_messages.Progress(
            job=self.job,
            step=progress.step,
            total=progress.total,
            fraction=min(max(progress.fraction, 0.0), 1.0),
            losses=_losses(progress),
            elapsed=self.elapsed,
            remaining=progress.left,
            width=progress.size[0],
            height=progress.size[1],
        )


def _losses(source: Progress | Outcome) -> Losses:
    return Losses(dict(source.losses.terms), source.losses.total)
