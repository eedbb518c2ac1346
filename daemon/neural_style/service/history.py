"""The jobs on disk. No acknowledged job is lost when a process dies."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from neural_style.jobstore.job_folder import JobFolder
from neural_style.service.jobs import Job, Jobs
from neural_style.service.limits import Limits
from neural_style_protocol import atomic, fields
from neural_style_protocol._message import Count, Name, Real
from neural_style_protocol.client_messages import (
    DEFAULT_COHERENCE,
    LONGEST_ARITHMETIC,
    LONGEST_TITLE,
    MAX_IMAGES,
    ImageOffer,
)
from neural_style_protocol.daemon_messages import Result
from neural_style_protocol.errors import (
    NeuralStyleError,
    StorageError,
    UnknownJobError,
    error_from_code,
)
from neural_style_protocol.fields import Boolean, ListOf, Map, Text
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import reason
from neural_style_protocol.settings import Settings
from neural_style_protocol.value_fields import Values, packed

log = logging.getLogger(__name__)

RECORD_VERSION = 1
_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class _Record:
    """The fields of ``job.json``, except the error."""

    created: Real
    client: Annotated[str, Text(100)]
    settings: Annotated[Mapping[str, object], Map()]
    images: Annotated[tuple[ImageOffer, ...], ListOf(ImageOffer, MAX_IMAGES)]
    serial: Count = 0
    title: Annotated[str, Text(LONGEST_TITLE)] = ""
    preview: Annotated[bool, Boolean()] = False
    arithmetic: Annotated[str, Text(LONGEST_ARITHMETIC)] = ""
    frame: Annotated[bool, Boolean()] = False
    follows: Name = ""
    coherence: Real = DEFAULT_COHERENCE


class History:
    """The folder with one folder for each job; the number of jobs and their bytes are limited.

    Raises:
        StorageError: the folder cannot be made.
    """

    def __init__(self, home: Home, limits: Limits) -> None:
        self._home = home
        self._limits = limits
        self._root = home.make_private_folder(home.history)
        self._newest = 0

    def new_job(
        self, settings: Settings, offers: tuple[ImageOffer, ...], client: str, owner: bytes
    ) -> Job:
        """Make a job with an empty folder; its pixels are uploaded next.

        Raises:
            StorageError: the folder cannot be made.
        """
        name = secrets.token_hex(8)
        folder = JobFolder(self._home.make_private_folder(self._root / name))
        self._newest += 1
        job = Job(
            name=name,
            settings=settings,
            offers=offers,
            folder=folder,
            client=client,
            created=time.time(),
            serial=self._newest,
            owner=owner,
            watchers={owner},
        )
        job.received = [0] * len(offers)
        return job

    def copy_pictures(self, source: Job, target: Job) -> None:
        """Give ``target`` the pictures of ``source``, as hard links if possible.

        Raises:
            UnknownJobError: the pictures no longer exist.
            StorageError: they cannot be copied.
        """
        for index, offer in enumerate(target.offers):
            original = source.folder.image(index)
            if not original.is_file() or original.stat().st_size != offer.spec.byte_count:
                raise UnknownJobError("The pictures of that job are no longer here.")
            try:
                os.link(original, target.folder.image(index))
            except OSError:
                _copy(original, target.folder.image(index))
            target.received[index] = offer.spec.byte_count

    def save(self, job: Job) -> None:
        """Write the job's record to disk; from now on the job survives this process.

        Raises:
            StorageError: the record cannot be written.
        """
        error = job.error
        record = {
            "version": RECORD_VERSION,
            "state": job.state,
            "created": job.created,
            "serial": job.serial,
            "client": job.client,
            "settings": job.settings.to_dict(),
            "images": [fields.header_of(offer) for offer in job.offers],
            "title": job.title,
            "preview": job.is_preview,
            "arithmetic": job.arithmetic,
            "frame": job.is_frame,
            "follows": job.follows,
            "coherence": job.coherence,
            "error": error and _error_record(error),
        }
        atomic.write(job.folder.record, json.dumps(record, indent=1).encode())

    def remove(self, job: Job) -> None:
        """Delete all files of ``job``."""
        shutil.rmtree(job.folder.path, ignore_errors=True)

    def close(self, job: Job) -> None:
        """Remove the files that ``job`` needed only until it ended."""
        job.folder.checkpoint.unlink(missing_ok=True)
        job.folder.remove_unfinished_files()
        self.measure(job)

    def measure(self, job: Job) -> None:
        """Update the number of bytes that ``job`` uses on disk."""
        with contextlib.suppress(OSError):
            job.byte_count = job.folder.byte_count()

    def excess(self, jobs: Jobs) -> list[Job]:
        """The jobs to remove so that the history is within its limits.

        The oldest previews come first, then the oldest ended jobs, then the oldest paused ones. The
        newest job stays, and so do the frames that an unfinished one needs.
        """
        kept = [job for job in jobs if job.ended or job.state == "paused"]
        count, total = len(kept), sum(job.byte_count for job in kept)
        excess = []
        awaited = jobs.awaited
        removable = [job for job in kept[:-1] if job.name not in awaited]
        for job in sorted(removable, key=lambda job: (not job.is_preview, not job.ended)):
            if count <= self._limits.history_jobs and total <= self._limits.history_bytes:
                break
            count, total = count - 1, total - job.byte_count
            excess.append(job)
        return excess

    def load(self) -> list[Job]:
        """The jobs of earlier daemons, oldest first; unfinished ones become paused."""
        found = []
        for path in self._folders():
            job = self._load_one(path)
            if job is None:
                log.info("%s holds no whole job and is removed", path)
                shutil.rmtree(path, ignore_errors=True)
            else:
                found.append(job)
        self._newest = max((job.serial for job in found), default=0)
        return sorted(found, key=lambda job: (job.serial, job.created))

    def _folders(self) -> Iterator[Path]:
        for path in self._root.iterdir():
            if _NAME.fullmatch(path.name) and path.is_dir():
                yield path

    def _load_one(self, path: Path) -> Job | None:
        folder = JobFolder(path)
        try:
            record = json.loads(folder.record.read_text(encoding="utf-8"))
            job = _job_of(fields.read(_Record, record, "job.json"), folder)
            _read_error(job, record)
            stored = folder.stored_result()
            job.result = None if stored is None else Result.read(stored.header)
        except (OSError, ValueError, TypeError, AttributeError, NeuralStyleError):
            return None
        if job.result is not None:
            job.state = "done"
        elif job.error is not None:
            job.state = "failed"
        elif job.is_preview:  # nobody waits for it any more
            return None
        elif all(_size(folder.image(i)) == o.spec.byte_count for i, o in enumerate(job.offers)):
            job.state = "paused"
        else:
            return None
        job.received = [offer.spec.byte_count for offer in job.offers]
        folder.remove_unfinished_files()
        job.byte_count = folder.byte_count()
        return job


def _job_of(record: _Record, folder: JobFolder) -> Job:
    return Job(
        name=folder.path.name,
        settings=Settings.from_dict(record.settings),
        offers=record.images,
        folder=folder,
        client=record.client,
        created=record.created,
        serial=record.serial,
        title=record.title,
        is_preview=record.preview,
        arithmetic=record.arithmetic,
        is_frame=record.frame,
        follows=record.follows,
        coherence=record.coherence,
    )


def _error_record(error: NeuralStyleError) -> list[object]:
    templates, values = packed(error.values, error.what.template, error.advice.template)
    return [error.code, *templates, Values().plain(values)]


def _read_error(job: Job, record: Mapping[str, Any]) -> None:
    if record.get("error"):
        code, sentence, next_step, *values = record["error"]  # none by an earlier version
        read = Values().read(values[0] if values else {}, "job.json.error")
        job.error = error_from_code(str(code), str(sentence), str(next_step), read)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise StorageError(
            "The picture cannot be copied ({reason}).", reason=reason(error)
        ) from error
