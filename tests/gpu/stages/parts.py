"""The three parts, and the stages of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gpu.stages import hard, right, speed, two_workers
from gpu.stages.stage import Work


@dataclass(frozen=True)
class Stage:
    """One stage, and the seconds after which its process is ended."""

    work: Work
    seconds: float

    @property
    def name(self) -> str:
        return self.work.__name__


PART_SECONDS = 540.0
"""A part takes so long at most: a machine may be lent for ten minutes."""

PARTS: Mapping[str, Sequence[Stage]] = {
    "right": (
        Stage(right.facts, 60),
        Stage(right.waits, 60),
        Stage(right.same_seed, 90),
        Stage(right.gradients, 120),
        Stage(right.tiles, 120),
        Stage(right.textbook, 120),
        Stage(right.suite, 300),
    ),
    "speed": (
        Stage(right.facts, 60),
        Stage(speed.evaluations, 180),
        Stage(speed.minimiser, 60),
        Stage(speed.presets, 240),
        Stage(speed.large, 120),
    ),
    "hard": (
        Stage(right.facts, 60),
        Stage(hard.thrown, 60),
        Stage(hard.full_at_start, 60),
        Stage(hard.poisoned, 60),
        Stage(hard.given_back, 60),
        Stage(hard.cancelled, 90),
        Stage(hard.little_memory, 240),
        Stage(hard.killed, 120),
        Stage(two_workers.two_workers, 180),
    ),
}


def stage(part: str, name: str) -> Stage:
    """The stage of that name.

    Raises:
        KeyError: there is none.
    """
    return {each.name: each for each in PARTS[part]}[name]
