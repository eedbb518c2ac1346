"""The service's jobs: uploading, waiting, running, paused and ended ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Pause
from neural_style.service.limits import Limits
from neural_style_protocol.client_messages import DEFAULT_COHERENCE, Cancel, ImageOffer
from neural_style_protocol.daemon_messages import JobLine, Progress, Result
from neural_style_protocol.errors import BusyError, NeuralStyleError, UnknownJobError
from neural_style_protocol.job_list import LONGEST_ERROR, JobSummary
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

RESULT_SERIAL = 0
"""The serial of every result; previews count from 1."""

FRAMES_BEFORE = 4
"""A frame is compared with frames up to so many before it."""

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
    title: str = ""
    arithmetic: str = ""
    """In which the network computes; empty for the fastest of the machine."""
    is_preview: bool = False
    """It does not wait for the running job, but is painted at a step of it."""
    makes_way: bool = True
    """Whether previews are painted at its steps; not after a worker has died of one."""
    is_frame: bool = False
    follows: str = ""
    """The job of the frame before this one, for which it waits."""
    coherence: float = DEFAULT_COHERENCE

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
            title=self.title,
            preview=self.is_preview,
        )


@dataclass
class Held:
    """The jobs that one worker has.

    ``between`` is the preview that is painted at a step of the ``running`` job.
    """

    running: Job | None = None
    between: Job | None = None

    def __iter__(self) -> Iterator[Job]:
        return iter([job for job in (self.running, self.between) if job is not None])

    @property
    def makes_way(self) -> bool:
        """Whether a preview can be painted at a step of the running job."""
        running = self.running
        return running is not None and running.makes_way and not running.is_preview

    def must_wait(self, job: Job) -> bool:
        """Whether ``job`` must wait for one of these."""
        awaited = self.between if job.is_preview and self.makes_way else self.running
        return awaited is not None

    def take(self, job: Job) -> None:
        """Make ``job`` the running one, or the one between the steps of that."""
        job.state = "running"
        if self.running is None:
            self.running = job
        else:
            self.between = job

    def release(self, job: Job) -> None:
        """Take ``job`` from its place."""
        if job is self.running:
            self.running = None
        if job is self.between:
            self.between = None


class Jobs:
    """All jobs in order of arrival, and the queue: first come, first served, previews before all.

    ``held`` has the jobs of each worker.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._removed: deque[str] = deque(maxlen=REMOVED_NAMES_KEPT)
        self.held: list[Held] = []

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
    def in_work(self) -> list[Job]:
        """The jobs that the workers have, the running one of each first."""
        return [job for held in self.held for job in held]

    @property
    def unfinished(self) -> list[Job]:
        """The jobs that are running, waiting or uploading, in the order of their turns."""
        uploading = (job for job in self if job.state == "uploading")
        return [*self.in_work, *self._queue, *uploading]

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

    def are_small(self, offers: tuple[ImageOffer, ...]) -> bool:
        """Whether the content image is small enough for a preview."""
        content = next(offer.spec for offer in offers if offer.role == "content")
        return content.width * content.height <= self._limits.preview_pixels

    def add(self, job: Job) -> None:
        """Add ``job``."""
        self._jobs[job.name] = job

    def forget(self, job: Job) -> None:
        """Remove ``job``, but remember its name for a while."""
        self.release(job)
        del self._jobs[job.name]
        self._removed.append(job.name)

    def enqueue(self, job: Job, *, first: bool = False) -> None:
        """Put ``job`` behind the others of its kind, or with ``first`` before them."""
        job.state = "queued"
        if job in self._queue:
            self._queue.remove(job)
        previews = sum(other.is_preview for other in self._queue)
        start, end = (0, previews) if job.is_preview else (previews, len(self._queue))
        self._queue.insert(start if first else end, job)

    def position(self, job: Job) -> int:
        """How many jobs come before ``job``, including the one that it waits for."""
        return self._queue.index(job) + all(held.must_wait(job) for held in self.held)

    @property
    def queued(self) -> list[Job]:
        return list(self._queue)

    @property
    def startable(self) -> list[Job]:
        """The waiting jobs in their order, without the frames whose frame before is not done."""
        return [job for job in self._queue if all(one.ended for one in self.before(job)[:1])]

    def before(self, job: Job) -> list[Job]:
        """The frames before ``job``, the nearest first, as far as they are here and needed."""
        found: list[Job] = []
        name = job.follows
        while name in self._jobs and len(found) < FRAMES_BEFORE:
            found.append(self._jobs[name])
            name = found[-1].follows
        return found

    @property
    def awaited(self) -> set[str]:
        """The names of the frames that an unfinished one needs."""
        return {one.name for job in self if not job.ended for one in self.before(job)}

    def hand_over(self, job: Job, held: Held) -> None:
        """Take a waiting job out of the queue, and give it to the worker of ``held``."""
        self._queue.remove(job)
        held.take(job)

    def release(self, job: Job) -> None:
        """Take ``job`` out of the queue, or from its place at a worker."""
        for held in self.held:
            held.release(job)
        if job in self._queue:
            self._queue.remove(job)
