"""The jobs that the service knows: uploading, waiting, running, and their kept results."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from neural_style.service.limits import Limits
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.daemon_messages import JobLine, Progress, Result
from neural_style_protocol.errors import BusyError, NeuralStyleError, UnknownJobError
from neural_style_protocol.pixels import Assembly, Picture
from neural_style_protocol.settings import Settings

RESULT_SERIAL = 0
"""The serial of every result; previews count from 1."""

ENDED = ("done", "failed", "discarded")


@dataclass
class Job:
    """One picture to make. ``state`` is one of the protocol's JOB_STATES."""

    name: str
    settings: Settings
    offers: tuple[ImageOffer, ...]
    owner: bytes
    state: str = "uploading"
    watchers: set[bytes] = field(default_factory=set)
    assemblies: list[Assembly] = field(default_factory=list)
    progress: Progress | None = None
    preview_serial: int = 0
    preview_step: int = 0
    preview: Picture | None = None
    result: Result | None = None
    result_picture: Picture | None = None
    error: NeuralStyleError | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def byte_count(self) -> int:
        """Bytes of pixels that this job announced."""
        return sum(offer.spec.byte_count for offer in self.offers)

    def add_pixels(self, image: int, offset: int, chunk: bytes) -> int:
        """Take a chunk of the ``image``-th picture; the bytes of it that are here now.

        Raises:
            ProtocolError: it does not fit.
            UnknownJobError: the job is not waiting for pixels of that picture.
        """
        if self.state != "uploading" or image >= len(self.assemblies):
            raise UnknownJobError("Those pixels belong to no job.")
        assembly = self.assemblies[image]
        assembly.add(offset, chunk)
        return assembly.received

    @property
    def uploaded(self) -> bool:
        return all(assembly.complete for assembly in self.assemblies)

    def end(self, state: str) -> None:
        """The job is over; what only computing needed is let go."""
        self.state = state
        self.assemblies.clear()
        self.preview = None

    def line(self) -> JobLine:
        """This job in a status."""
        step, total = (self.progress.step, self.progress.total) if self.progress else (0, 0)
        return JobLine(self.name, self.state, step, total)


class Jobs:
    """Every job by name, in order of arrival; first come, first served."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self.running: Job | None = None

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def get(self, name: str) -> Job:
        """The job called ``name``.

        Raises:
            UnknownJobError: there is none.
        """
        if name not in self._jobs:
            raise UnknownJobError("The daemon does not know that job.")
        return self._jobs[name]

    def admit(self, settings: Settings, offers: tuple[ImageOffer, ...], owner: bytes) -> Job:
        """A new job that waits for its pixels.

        Raises:
            BusyError: too much is waiting already.
        """
        waiting = [job for job in self if not job.ended]
        uploading = [job for job in waiting if job.state == "uploading" and job.owner == owner]
        announced = sum(job.byte_count for job in waiting)
        new = sum(offer.spec.byte_count for offer in offers)
        limits = self._limits
        if len(waiting) >= limits.jobs_waiting or len(uploading) >= limits.uploads_per_client:
            raise BusyError("Too many pictures are waiting already.")
        if announced + new > limits.pixel_bytes_waiting:
            raise BusyError("The pictures that are waiting already fill the daemon's memory.")
        job = Job(secrets.token_hex(8), settings, offers, owner, watchers={owner})
        job.assemblies = [Assembly(offer.spec) for offer in offers]
        self._jobs[job.name] = job
        return job

    def enqueue(self, job: Job) -> int:
        """Put a job whose pixels are here at the end; how many are before it."""
        job.state = "queued"
        self._queue.append(job)
        return self.position(job)

    def position(self, job: Job) -> int:
        """How many jobs come before ``job``, the running one included."""
        return self._queue.index(job) + (1 if self.running else 0)

    @property
    def queued(self) -> list[Job]:
        return list(self._queue)

    def start_next(self) -> Job | None:
        """Take the first waiting job to be run, if nothing runs."""
        if self.running is not None or not self._queue:
            return None
        self.running = self._queue.pop(0)
        self.running.state = "running"
        return self.running

    def end(self, job: Job, state: str) -> None:
        """``job`` is over, wherever it was."""
        if job is self.running:
            self.running = None
        if job in self._queue:
            self._queue.remove(job)
        job.end(state)
        self._forget_old()

    def drop_uploads_of(self, owner: bytes) -> None:
        """Forget what a vanished client never finished sending."""
        for job in [j for j in self if j.owner == owner and j.state == "uploading"]:
            job.end("discarded")
            del self._jobs[job.name]

    def _forget_old(self) -> None:
        ended = [job for job in self if job.ended]
        kept_bytes = sum(_result_bytes(job) for job in ended)
        while ended[1:] and (
            len(ended) > self._limits.results_kept or kept_bytes > self._limits.result_bytes_kept
        ):
            oldest = ended.pop(0)
            kept_bytes -= _result_bytes(oldest)
            del self._jobs[oldest.name]


def _result_bytes(job: Job) -> int:
    return job.result_picture.spec.byte_count if job.result_picture else 0
