"""Paint the frames of a video one after another, and save each as soon as it is done."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from neural_style.batch.earlier_job import earlier_job, remove
from neural_style.batch.full_queue import FullQueue
from neural_style.cli.following import POLL_SECONDS, follow
from neural_style.cli.interrupts import Interrupts
from neural_style.cli.terminal import Speaker
from neural_style.picture_files import saving
from neural_style.video.sources import SourceFrame
from neural_style.video.work_folder import WorkFolder
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import (
    DaemonUnreachable,
    InputError,
    NeuralStyleError,
    UnknownJobError,
    WorkerError,
)
from neural_style_protocol.phrases import duration
from neural_style_protocol.pixels import Picture
from neural_style_protocol.sequence import Frame
from neural_style_protocol.settings import Settings

TRIES = 3
"""A frame that has failed so often is left out."""

AHEAD = 2
"""Frames that are with the daemon: one is painted while the next one is sent."""

NEEDED = 4
"""The daemon compares a frame with so many frames before it, which it must still have."""


@dataclass(frozen=True)
class Look:
    """How all frames are painted."""

    styles: Sequence[tuple[Picture, float]]
    settings: Settings
    coherence: float
    arithmetic: str


@dataclass(frozen=True)
class _Turn:
    """A frame whose turn is coming, with its job; empty if it is not with the daemon."""

    frame: SourceFrame
    job: str


@dataclass
class FrameChain:
    """Paints frames in their order, and records each step in ``work``.

    Attributes:
        total: how many frames there are.
        failed: the frames that could not be painted in this run, with the reason.
    """

    client: Client
    look: Look
    work: WorkFolder
    speaker: Speaker
    interrupts: Interrupts
    total: int
    failed: dict[int, NeuralStyleError] = field(default_factory=dict)
    _turns: deque[_Turn] = field(default_factory=deque)
    _last: str = ""
    _done: list[str] = field(default_factory=list)
    _seconds: list[float] = field(default_factory=list)
    _finished: int = 0
    _unheard: set[str] = field(default_factory=set)
    _queue: FullQueue = field(init=False)
    _has_waited: bool = False

    def __post_init__(self) -> None:
        self._queue = FullQueue(self.client)

    def paint(self, frames: Iterable[SourceFrame]) -> None:
        """Paint those of ``frames`` that are not painted yet, until an interrupt.

        Raises:
            NeuralStyleError: no further frame can be painted, for example because the disk is full.
                What is painted stays, and a new chain goes on from there.
        """
        for frame in frames:
            if self.interrupts.count:
                break
            self._take(frame)
        self._drain()
        if self.interrupts.count:
            self._withdraw()

    def forget_jobs(self) -> None:
        """Let the daemon remove what it keeps of these frames."""
        for job in self.work.jobs:
            remove(self.client, job)

    def _take(self, frame: SourceFrame) -> None:
        entry = self.work.entry(frame.number)
        if entry is not None and entry.state == "done" and (self.work.path / frame.name).is_file():
            self._drain()
            self._remember(entry.job)
            self._last = entry.job
            return
        if frame.picture is None:
            assert frame.problem is not None
            self._give_up(frame, frame.problem)
            return
        self._turns.append(_Turn(frame, self._found(frame) or self._send(frame)))
        if len(self._turns) >= AHEAD:
            self._settle(self._turns.popleft())

    def _drain(self) -> None:
        while self._turns and not self.interrupts.count:
            self._settle(self._turns.popleft())

    def _found(self, frame: SourceFrame) -> str:
        """The job of a frame that an earlier run has sent, if it is what would be sent now."""
        entry = self.work.entry(frame.number)
        if entry is None or entry.state != "sent":
            return ""
        job = earlier_job(self.client, entry.job)
        if not job:
            return ""
        if entry.follows != self._last:
            self._discard(job)
            return ""
        self._last = job
        self._unheard.add(job)
        return job

    def _send(self, frame: SourceFrame) -> str:
        """Send a frame that follows the last one; returns its job.

        While the daemon's queue is full, it waits. The job is empty if it is interrupted in that.
        """
        while not self.interrupts.count:
            if job := self._queue.sent(partial(self._send_now, frame)):
                return job
            if not (self._has_waited or self._queue.may_have_room):
                self._has_waited = True
                self.speaker.say("The daemon's queue is full. The frames wait for room.")
            self._unheard.update(turn.job for turn in self._turns)
            while not (self._queue.may_have_room or self.interrupts.count):
                self.client.wait(POLL_SECONDS)
        return ""

    def _send_now(self, frame: SourceFrame) -> str:
        try:
            job = self._submit(frame, self._last)
        except UnknownJobError:
            self.speaker.note(
                f"{frame.name}: The daemon no longer has the frame before this one, so a new shot "
                "begins here."
            )
            job = self._submit(frame, "")
        self._last = job
        return job

    def _submit(self, frame: SourceFrame, follows: str) -> str:
        assert frame.picture is not None
        return self.client.submit(
            frame.picture,
            self.look.styles,
            self.look.settings,
            title=frame.name,
            arithmetic=self.look.arithmetic,
            frame=Frame(follows, self.look.coherence),
            on_job=lambda job: self.work.sent(frame.number, job, follows),
        )

    def _settle(self, turn: _Turn) -> None:
        """See a frame to its end, and save it."""
        frame, job = turn.frame, turn.job
        for attempt in range(1, TRIES + 1):
            job = job or self._send(frame)
            if not job:
                return
            began = time.monotonic()
            try:
                finished = self._follow(frame, job)
            except (InputError, WorkerError) as error:
                self._withdraw()
                self._last = self._done[-1] if self._done else ""
                job = ""
                if isinstance(error, InputError) or attempt == TRIES:
                    self._give_up(frame, error)
                    return
                continue
            if finished is None or (self.interrupts.count and finished.ending == "stopped"):
                self._leave(frame, job)
                return
            saving.save(finished.picture, self.work.path / frame.name, frame.kept)
            self.work.done(frame.number)
            self._remember(job)
            self._seconds.append(time.monotonic() - began)
            return

    def _leave(self, frame: SourceFrame, job: str) -> None:
        """A frame was stopped, or somebody has discarded it: another run paints it."""
        self.work.withdrawn(frame.number)
        remove(self.client, job)
        if not self.interrupts.count:
            self._withdraw()
            raise WorkerError(
                "{name} was discarded in the daemon.",
                next_step="Run the same command again.",
                name=frame.name,
            )

    def _follow(self, frame: SourceFrame, job: str) -> events.Finished | None:
        if job in self._unheard:
            self.client.watch(job)
        # While one is followed, what is told of the others is not heard.
        self._unheard.update(turn.job for turn in self._turns)
        left = f", {self.time_left} left" if self.time_left else ""
        return follow(
            self.client,
            job,
            self.speaker,
            interrupts=self.interrupts,
            position=f"{frame.number} of {self.total}{left}",
        )

    @property
    def time_left(self) -> str:
        """For all frames, by those of this run; the first is left out, for it takes longer."""
        later = self._seconds[1:]
        if not later:
            return ""
        seconds = sum(later) / len(later) * (self.total - self._finished)
        return duration(seconds)

    def _remember(self, job: str) -> None:
        """``job`` is done; what the next frames do not need of the ones before is removed."""
        self._finished += 1
        self._done.append(job)
        if len(self._done) > NEEDED and self._seconds:
            remove(self.client, self._done[-NEEDED - 1])

    def _give_up(self, frame: SourceFrame, error: NeuralStyleError) -> None:
        self._finished += 1
        self.failed[frame.number] = error
        self.work.failed(frame.number, str(error))
        self.speaker.say(f"{frame.name}: Not painted: {error}")

    def _withdraw(self) -> None:
        """Discard what was sent ahead; it is sent again when its turn comes."""
        for place, turn in enumerate(self._turns):
            if turn.job:
                self._discard(turn.job)
                self.work.withdrawn(turn.frame.number)
                self._turns[place] = _Turn(turn.frame, "")

    def _discard(self, job: str) -> None:
        with contextlib.suppress(DaemonUnreachable):
            self.client.cancel(job, keep=False)
