"""Every change of a job's state: in memory, on disk, and told to those who follow it."""

from __future__ import annotations

import logging

from neural_style.service.history import History
from neural_style.service.jobs import Job, Jobs
from neural_style.service.subscribers import Subscribers
from neural_style_protocol import daemon_messages
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)


class Ledger:
    """The one place where a job goes from one state to another."""

    def __init__(self, jobs: Jobs, history: History, subscribers: Subscribers) -> None:
        self._jobs = jobs
        self._history = history
        self._subscribers = subscribers

    def recall(self) -> None:
        """Take up the jobs of an earlier daemon."""
        for job in self._history.load():
            self._jobs.add(job)
        self._keep_bounds()

    def enqueue(self, job: Job) -> None:
        """Acknowledge a job whose pixels are all here: it is on disk, and waits.

        Raises:
            StorageError: the disk does not take it.
        """
        self._jobs.enqueue(job)
        try:
            self._history.save(job)
        except StorageError as error:
            self.fail(job, error)
            raise
        self._subscribers.tell(job, daemon_messages.Queued(job.name, self._jobs.position(job)))

    def requeue(self, job: Job, *, first: bool) -> None:
        """Let a paused, interrupted or waiting job wait for the worker."""
        self._jobs.leave_line(job)
        self._jobs.enqueue(job, first=first)
        self._subscribers.tell_positions()

    def pause(self, job: Job, step: int = 0) -> None:
        """``job`` neither runs nor waits until it is resumed."""
        log.info("job %s: paused", job.name)
        self._jobs.leave_line(job)
        job.state = "paused"
        job.wish = None
        self._history.measure(job)
        self._subscribers.tell(job, daemon_messages.Paused(job.name, step))
        self._subscribers.tell_positions()

    def finish(self, job: Job, result: daemon_messages.Result, unstored: Picture | None) -> None:
        """``job`` has its result, on disk or, when that is full, in memory."""
        job.result = result
        job.unstored = unstored
        self._end(job, "done")
        self._subscribers.tell(job, result)
        self._subscribers.tell_positions()

    def fail(self, job: Job, error: NeuralStyleError) -> None:
        """``job`` cannot be done."""
        job.error = error
        self._end(job, "failed")
        self._subscribers.tell_error(job, error)
        self._subscribers.tell_positions()

    def discard(self, job: Job) -> None:
        """Nothing of ``job`` is kept."""
        log.info("job %s: discarded", job.name)
        job.state = "discarded"
        self._jobs.forget(job)
        self._history.remove(job)
        self._subscribers.forget_previews(job)
        self._subscribers.tell(job, daemon_messages.Discarded(job.name))
        self._subscribers.tell_positions()

    def drop_orphaned_uploads(self) -> None:
        """Forget what vanished clients never finished sending."""
        for job in self._jobs:
            if job.state == "uploading" and self._subscribers.sessions.get(job.owner) is None:
                self.discard(job)

    def _end(self, job: Job, state: str) -> None:
        log.info("job %s: %s", job.name, state)
        uploaded = job.state != "uploading" or job.uploaded
        self._jobs.leave_line(job)
        job.state = state
        self._subscribers.forget_previews(job)
        if not uploaded:  # there is nothing that could be run again
            self._jobs.forget(job)
            self._history.remove(job)
            return
        try:
            self._history.save(job)
        except StorageError as error:
            log.warning("%s", error)
        self._history.close(job)
        self._keep_bounds()

    def _keep_bounds(self) -> None:
        for job in self._history.excess(self._jobs):
            log.info("job %s makes room for newer ones", job.name)
            self._jobs.forget(job)
            self._history.remove(job)
