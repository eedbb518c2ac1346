"""The service's jobs: uploading, waiting, running, paused and ended ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Pause
from neural_style.service.limits import Limits
from neural_style_protocol.client_messages import Cancel, ImageOffer
from neural_style_protocol.daemon_messages import JobLine, Progress, Result
from neural_style_protocol.errors import BusyError, NeuralStyleError, UnknownJobError
from neural_style_protocol.job_list import LONGEST_ERROR, JobSummary
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

RESULT_SERIAL = 0
"""The serial of every result; previews count from 1."""

REMOVED_NAMES_KEPT = 256
"""Names of removed jobs that are remembered, for messages that are still on their way."""


@dataclass
class Job:
    """One picture to paint. ``state`` is one of the protocol's JOB_STATES."""

    name: str
    settings: Settings
    offers: tuple[ImageOffer, ...]
    folder: JobFolder
    client: str
    created: float
    serial: int = 0
    """The order of the jobs. The date does not give it, because the clock may be set back."""
    owner: bytes = b""
    state: str = "uploading"
    watchers: set[bytes] = field(default_factory=set)
    received: list[int] = field(default_factory=list)
    progress: Progress | None = None
    preview_serial: int = 0
    preview_step: int = 0
    preview: Picture | None = None
    result: Result | None = None
    unstored: Picture | None = None
    """The result's picture, if the disk is full."""
    error: NeuralStyleError | None = None
    crashes: int = 0
    stop_request: Cancel | Pause | None = None
    """The request to cancel or pause the running job, until it is done."""
    byte_count: int = 0

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "discarded")

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all pictures that the job has announced."""
        return sum(offer.spec.byte_count for offer in self.offers)

    @property
    def uploaded(self) -> bool:
        return all(
            count == offer.spec.byte_count
            for count, offer in zip(self.received, self.offers, strict=True)
        )

    def line(self) -> JobLine:
        """This job's entry in a ``status``."""
        step, total = (self.progress.step, self.progress.total) if self.progress else (0, 0)
        return JobLine(self.name, self.state, step, total)

    def summary(self) -> JobSummary:
        """This job's entry in a ``job-list``."""
        content = next(offer.spec for offer in self.offers if offer.role == "content")
        line = self.line()
        return JobSummary(
            job=self.name,
            state=self.state,
            created=self.created,
            client=self.client,
            width=content.width,
            height=content.height,
            styles=sum(offer.role == "style" for offer in self.offers),
            step=self.result.step if self.result else line.step,
            total=line.total,
            settings=self.settings.to_dict(),
            ending=self.result.ending if self.result else "",
            error=str(self.error)[:LONGEST_ERROR] if self.error else "",
            byte_count=self.byte_count,
        )


class Jobs:
    """All jobs in order of arrival, and the queue: first come, first served."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._removed: deque[str] = deque(maxlen=REMOVED_NAMES_KEPT)
        self.running: Job | None = None

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, name: str) -> Job:
        """The job called ``name``.

        Raises:
            UnknownJobError: there is no such job.
        """
        if name not in self._jobs:
            raise UnknownJobError("The daemon does not know that job.")
        return self._jobs[name]

    def was_removed(self, name: str) -> bool:
        """Whether a job of that name was removed recently."""
        return name in self._removed

    @property
    def unfinished(self) -> list[Job]:
        """The jobs that are uploading, waiting or running."""
        return [job for job in self if not job.ended and job.state != "paused"]

    def check_room(self, offers: tuple[ImageOffer, ...], owner: bytes) -> None:
        """Check that the limits allow one more job.

        Raises:
            BusyError: too many jobs or pixels are waiting.
        """
        waiting = self.unfinished
        uploading = [job for job in waiting if job.state == "uploading" and job.owner == owner]
        announced = sum(job.pixel_bytes for job in waiting)
        new = sum(offer.spec.byte_count for offer in offers)
        limits = self._limits
        if len(waiting) >= limits.jobs_waiting or len(uploading) >= limits.uploads_per_client:
            raise BusyError("Too many pictures are waiting already.")
        if announced + new > limits.pixel_bytes_waiting:
            raise BusyError("The pictures that are waiting leave no room for this one.")

    def add(self, job: Job) -> None:
        """Add ``job``."""
        self._jobs[job.name] = job

    def forget(self, job: Job) -> None:
        """Remove ``job``, but remember its name for a while."""
        self.release(job)
        del self._jobs[job.name]
        self._removed.append(job.name)

    def enqueue(self, job: Job, *, first: bool = False) -> None:
        """Put ``job`` at the end of the queue, or with ``first`` at its front."""
        job.state = "queued"
        if job in self._queue:
            self._queue.remove(job)
        self._queue.insert(0 if first else len(self._queue), job)

    def position(self, job: Job) -> int:
        """How many jobs come before ``job``, including the running one."""
        return self._queue.index(job) + (1 if self.running else 0)

    @property
    def queued(self) -> list[Job]:
        return list(self._queue)

    def start_next(self) -> Job | None:
        """Make the first waiting job the running one, and return it; None if there is none."""
        if self.running is not None or not self._queue:
            return None
        self.running = self._queue.pop(0)
        self.running.state = "running"
        return self.running

    def release(self, job: Job) -> None:
        """Take ``job`` out of the queue, or from its place as the running job."""
        if job is self.running:
            self.running = None
        if job in self._queue:
            self._queue.remove(job)
