"""What one look at one part of the installation found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """How one part is.

    ``next_step`` is the one thing to do, empty where all is well. ``fix`` does it, where doing it
    is safe and needs no decision.
    """

    part: str
    level: Level
    sentence: str
    next_step: str = ""
    fix: Callable[[], object] | None = None
