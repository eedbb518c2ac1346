"""The list of jobs that the daemon keeps: waiting, running, paused, and ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neural_style_protocol._message import JOB_NAME, MAX_COUNT, Message
from neural_style_protocol._reader import Reader
from neural_style_protocol.daemon_messages import JOB_STATES
from neural_style_protocol.pixels import MAX_SIDE

JOBS_IN_A_LIST = 32
"""Most jobs in one message, so that it stays a small header."""

LONGEST_ERROR = 400


@dataclass(frozen=True)
class JobSummary:
    """One job that the daemon keeps.

    ``created`` is in seconds since 1970; ``width`` and ``height`` are the content's; ``error``
    is the sentence of a job that failed, ``ending`` the result's where there is one.
    """

    job: str
    state: str
    created: float
    client: str
    width: int
    height: int
    styles: int
    step: int
    total: int
    settings: Mapping[str, object]
    ending: str = ""
    error: str = ""
    byte_count: int = 0

    @classmethod
    def read(cls, reader: Reader) -> JobSummary:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            state=reader.word("state", JOB_STATES),
            created=reader.number("created"),
            client=reader.text("client", longest=100, default=""),
            width=reader.integer("width", 0, MAX_SIDE, default=0),
            height=reader.integer("height", 0, MAX_SIDE, default=0),
            styles=reader.integer("styles", 0, MAX_COUNT, default=0),
            step=reader.integer("step", 0, MAX_COUNT, default=0),
            total=reader.integer("total", 0, MAX_COUNT, default=0),
            settings=reader.mapping("settings"),
            ending=reader.text("ending", longest=32, default=""),
            error=reader.text("error", longest=LONGEST_ERROR, default=""),
            byte_count=reader.integer("byte_count", 0, 2**53, default=0),
        )


@dataclass(frozen=True)
class JobList(Message):
    """The answer to ``ask-jobs``: at most JOBS_IN_A_LIST of the ``count`` jobs, newest first."""

    kind = "job-list"
    ticket: str
    count: int
    jobs: tuple[JobSummary, ...] = ()

    def header(self) -> dict[str, Any]:
        return {
            "ticket": self.ticket,
            "count": self.count,
            "jobs": [dataclasses.asdict(job) for job in self.jobs],
        }

    @classmethod
    def read(cls, reader: Reader) -> JobList:
        return cls(
            ticket=reader.text("ticket", longest=JOB_NAME),
            count=reader.integer("count", 0, MAX_COUNT),
            jobs=tuple(
                JobSummary.read(line) for line in reader.children("jobs", most=JOBS_IN_A_LIST)
            ),
        )
