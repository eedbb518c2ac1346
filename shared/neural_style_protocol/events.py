"""The events of a client's jobs; their pictures are complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from neural_style_protocol.daemon_messages import (
    Discarded,
    Notice,
    Paused,
    Progress,
    Queued,
    Started,
    Status,
    Stopping,
)
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.estimates import Estimate
from neural_style_protocol.losses import Losses
from neural_style_protocol.pixels import Picture

__all__ = [
    "Discarded",
    "Disconnected",
    "Estimate",
    "Event",
    "Failed",
    "Finished",
    "Losses",
    "NoEstimate",
    "Notice",
    "Paused",
    "Preview",
    "Progress",
    "Queued",
    "Started",
    "Status",
    "Stopping",
]


@dataclass(frozen=True)
class Preview:
    """The picture of ``job`` after ``step`` evaluations."""

    job: str
    step: int
    picture: Picture


@dataclass(frozen=True)
class Finished:
    """``job`` is done: ``ending`` is one of ENDINGS, ``elapsed`` is in seconds."""

    job: str
    picture: Picture
    ending: str
    steps: int
    elapsed: float
    losses: Losses


@dataclass(frozen=True)
class Failed:
    """``job`` has failed; the daemon continues."""

    job: str
    error: NeuralStyleError


@dataclass(frozen=True)
class NoEstimate:
    """The estimate ``ticket`` is impossible, for example because the picture is too large."""

    ticket: str
    error: NeuralStyleError


@dataclass(frozen=True)
class Disconnected:
    """The connection to the daemon has ended; no more events follow."""

    error: NeuralStyleError


Event: TypeAlias = (
    Queued
    | Started
    | Progress
    | Preview
    | Stopping
    | Paused
    | Finished
    | Discarded
    | Failed
    | Notice
    | Status
    | Estimate
    | NoEstimate
    | Disconnected
)
