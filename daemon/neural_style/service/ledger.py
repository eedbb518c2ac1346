"""Changes of a job's state: in memory, on disk, and in messages to its clients."""

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
    """Makes all changes of jobs' states."""

    def __init__(self, jobs: Jobs, history: History, subscribers: Subscribers) -> None:
        self._jobs = jobs
        self._history = history
        self._subscribers = subscribers

    def load(self) -> None:
        """Load the jobs of earlier daemons."""
        for job in self._history.load():
            self._jobs.add(job)
        self._enforce_limits()

    def enqueue(self, job: Job) -> None:
        """Queue a job whose pixels have all arrived, save it, and acknowledge it.

        Raises:
            StorageError: the job cannot be saved, and has failed.
        """
        self._jobs.enqueue(job)
        try:
            self._history.save(job)
        except StorageError as error:
            self.fail(job, error)
            raise
        self._subscribers.notify(job, daemon_messages.Queued(job.name, self._jobs.position(job)))

    def requeue(self, job: Job, *, first: bool) -> None:
        """Queue a paused, interrupted or waiting job again."""
        self._jobs.release(job)
        self._jobs.enqueue(job, first=first)
        self._subscribers.notify_positions()

    def pause(self, job: Job, step: int = 0) -> None:
        """Pause ``job`` until it is resumed."""
        log.info("job %s: paused", job.name)
        self._jobs.release(job)
        job.state = "paused"
        job.stop_request = None
        self._history.measure(job)
        self._subscribers.notify(job, daemon_messages.Paused(job.name, step))
        self._subscribers.notify_positions()

    def finish(self, job: Job, result: daemon_messages.Result, unstored: Picture | None) -> None:
        """``job`` is done. ``unstored`` is its picture if the disk is full."""
        job.result = result
        job.unstored = unstored
        self._end(job, "done")
        self._subscribers.notify(job, result)
        self._subscribers.notify_positions()

    def fail(self, job: Job, error: NeuralStyleError) -> None:
        """``job`` has failed with ``error``."""
        job.error = error
        self._end(job, "failed")
        self._subscribers.notify_error(job, error)
        self._subscribers.notify_positions()

    def discard(self, job: Job) -> None:
        """Remove ``job`` and its files."""
        log.info("job %s: discarded", job.name)
        job.state = "discarded"
        self._jobs.forget(job)
        self._history.remove(job)
        self._subscribers.forget_previews(job)
        self._subscribers.notify(job, daemon_messages.Discarded(job.name))
        self._subscribers.notify_positions()

    def drop_orphaned_uploads(self) -> None:
        """Discard the incomplete uploads of clients that are no longer connected."""
        for job in self._jobs:
            if job.state == "uploading" and self._subscribers.sessions.get(job.owner) is None:
                self.discard(job)

    def _end(self, job: Job, state: str) -> None:
        log.info("job %s: %s", job.name, state)
        uploaded = job.state != "uploading" or job.uploaded
        self._jobs.release(job)
        job.state = state
        self._subscribers.forget_previews(job)
        if not uploaded:  # its pictures are incomplete, so it cannot run again
            self._jobs.forget(job)
            self._history.remove(job)
            return
        try:
            self._history.save(job)
        except StorageError as error:
            log.warning("%s", error)
        self._history.close(job)
        self._enforce_limits()

    def _enforce_limits(self) -> None:
        for job in self._history.excess(self._jobs):
            log.info("job %s makes room for newer ones", job.name)
            self._jobs.forget(job)
            self._history.remove(job)
