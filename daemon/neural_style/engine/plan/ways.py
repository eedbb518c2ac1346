"""Whole or in tiles: on a processor, the faster way is measured once and remembered.

Tiles compute their halos twice, but their maps are smaller: which is faster depends on the
processor's caches, on its memory, and on the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neural_style.engine.network.notes import Notes
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.recipe import Scale

WHOLE, TILES = "whole", "in tiles"

LEAST_PIXELS = 1 << 18
"""Smaller pictures are computed whole: their maps are not much larger than the caches."""
LEAST_EVALUATIONS = 20
"""A scale with fewer would take much longer if both ways were measured there."""
TILES_MUST_WIN_BY = 1.05
"""The whole has fewer operations, so it stays unless tiles are so many times faster."""


@dataclass(frozen=True)
class Ways:
    """Orders the plans of a picture by what is known of this machine.

    Attributes:
        notes: keep the faster way, for pictures that are about as large.
        arithmetic: the network's, in words.
    """

    notes: Notes
    arithmetic: str

    def ordered(self, plans: Sequence[ExecutionPlan], size: Size) -> list[ExecutionPlan]:
        """The plans, without the whole way if tiles are known to be faster."""
        both = _both(plans)
        if both and self.notes.get(self._question(size)) == TILES:
            return [plan for plan in plans if plan.tile is not None]
        return list(plans)

    def undecided(self, plans: Sequence[ExecutionPlan], scale: Scale) -> tuple[ExecutionPlan, ...]:
        """The plans to be timed at ``scale``: none if it is known which is faster."""
        if scale.pixels < LEAST_PIXELS or scale.evaluations < LEAST_EVALUATIONS:
            return ()
        known = self.notes.get(self._question(scale.size)) in {WHOLE, TILES}
        return () if known else _both(plans)

    def decide(self, seconds: Mapping[ExecutionPlan, float], size: Size) -> None:
        """Note which way is faster, given the seconds of an evaluation with each plan."""
        whole = min(taken for plan, taken in seconds.items() if plan.tile is None)
        tiles = min(taken for plan, taken in seconds.items() if plan.tile is not None)
        self.notes[self._question(size)] = TILES if whole > TILES_MUST_WIN_BY * tiles else WHOLE

    def _question(self, size: Size) -> str:
        pixels = 1 << (size[0] * size[1]).bit_length() - 1
        return f"faster way from {pixels} pixels, {self.arithmetic}"


def _both(plans: Sequence[ExecutionPlan]) -> tuple[ExecutionPlan, ...]:
    """The first plan with tiles and the whole way, if that comes first on a processor."""
    tiled = next((plan for plan in plans if plan.tile is not None), None)
    if tiled is None or plans[0].tile is not None or plans[0].device.type != "cpu":
        return ()
    return tiled, plans[0]
