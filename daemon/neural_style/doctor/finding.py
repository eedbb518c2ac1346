"""The result of one check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """The state of one part of the installation.

    ``next_step`` is what the user should do, empty if nothing is wrong. ``fix`` does it, if that is
    safe and needs no decision.
    """

    part: str
    level: Level
    sentence: str
    next_step: str = ""
    fix: Callable[[], object] | None = None
