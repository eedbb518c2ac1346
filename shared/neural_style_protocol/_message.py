"""What every message is: a frozen dataclass with a kind and plain fields."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from neural_style_protocol._reader import Reader

MAX_COUNT = 2**31 - 1
JOB_NAME = 64
"""Longest name of a job or a ticket."""


@dataclass(frozen=True)
class Message:
    """A message with its ``kind`` on the wire."""

    kind: ClassVar[str]

    def header(self) -> dict[str, Any]:
        """The fields as plain values."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Losses:
    """The weighted terms of the objective at one iterate, and their sum."""

    content: float = 0.0
    style: float = 0.0
    total_variation: float = 0.0
    total: float = 0.0

    @classmethod
    def read(cls, reader: Reader) -> Losses:
        return cls(
            content=reader.number("content", default=0.0),
            style=reader.number("style", default=0.0),
            total_variation=reader.number("total_variation", default=0.0),
            total=reader.number("total", default=0.0),
        )
