"""The list of the daemon's jobs: waiting, running, paused and ended ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from neural_style_protocol._message import Count, Message, Name, Real
from neural_style_protocol.client_messages import LONGEST_TITLE
from neural_style_protocol.daemon_messages import JOB_STATES
from neural_style_protocol.fields import Boolean, Choice, Integer, ListOf, Map, Text
from neural_style_protocol.pixels import MAX_SIDE

JOBS_IN_A_LIST = 32
"""Most jobs in one message, so that the header stays small."""

LONGEST_ERROR = 400
"""Characters."""

Extent: TypeAlias = Annotated[int, Integer(0, MAX_SIDE)]


@dataclass(frozen=True)
class JobSummary:
    """One job that the daemon keeps.

    ``created`` is in seconds since 1970. ``width`` and ``height`` are the content image's.
    ``ending`` is the result's, if there is one; ``error`` says why a job has failed. ``title`` and
    ``preview`` are those of its ``submit``.
    """

    job: Name
    state: Annotated[str, Choice(JOB_STATES)]
    created: Real
    client: Annotated[str, Text(100)] = ""
    width: Extent = 0
    height: Extent = 0
    styles: Count = 0
    step: Count = 0
    total: Count = 0
    settings: Annotated[Mapping[str, object], Map()] = field(default_factory=dict)
    ending: Annotated[str, Text(32)] = ""
    error: Annotated[str, Text(LONGEST_ERROR)] = ""
    byte_count: Annotated[int, Integer(0, 2**53)] = 0
    title: Annotated[str, Text(LONGEST_TITLE)] = ""
    preview: Annotated[bool, Boolean()] = False


@dataclass(frozen=True)
class JobList(Message):
    """The answer to ``ask-jobs``: at most JOBS_IN_A_LIST of ``count`` jobs, newest first."""

    kind = "job-list"
    ticket: Name
    count: Count
    jobs: Annotated[tuple[JobSummary, ...], ListOf(JobSummary, JOBS_IN_A_LIST)] = ()
