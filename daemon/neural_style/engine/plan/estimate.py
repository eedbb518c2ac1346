"""Predicts the time and memory that a picture will need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan, peak_bytes
from neural_style.engine.plan.memory import held_memory
from neural_style.engine.plan.planner import looked_up_at, minimiser_at
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.terms.base import SEARCH_PIXELS, MapTerm, values_kept

SLOWER_TILES = {0: 1.28, 1: 1.16, 2: 1.08, 3: 1.0}
"""Relative time of a tiled evaluation by number of kept blocks; 1 with three kept."""

SECONDS_PER_EVALUATION = 0.02
"""Fixed cost of an evaluation on a processor in seconds, in addition to the cost per pixel."""

TARGET_EVALUATIONS = 0.85
"""Cost of computing a scale's content targets, in evaluations."""

SUMMARISED, MATCHED = 0.5, 1.0
"""Cost of a style's summaries, and of its maps for matching terms, in evaluations of its size."""

SEARCH = 4.0
"""Cost of the search for matching places, in evaluations of the size that is searched."""

LARGEST_STYLE = 1 << 20
"""Pixels that a style image has at most, as far as an estimate knows: it is not told its size."""

SUMMARY_BYTES = 2_400_000
"""Kept of a style for each scale."""


@dataclass(frozen=True)
class Calibration:
    """The speed of a device.

    Attributes:
        whole: seconds per evaluation per million pixels, for a picture computed whole.
        tiled: the same for a picture computed in tiles, with three blocks kept.
        fixed: seconds per evaluation, whatever the picture's size.
    """

    whole: float
    tiled: float
    fixed: float = SECONDS_PER_EVALUATION


@dataclass(frozen=True)
class Expected:
    """What the pixels of a scale are expected to cost in seconds, to this process.

    Attributes:
        evaluations: the most.
        evaluation: of each, without its fixed cost.
        beginning: of what comes before the first one, without its fixed cost.
    """

    evaluations: int
    evaluation: float
    beginning: float

    def seconds(self, fixed: float) -> float:
        """Of the whole scale, with ``fixed`` seconds for each evaluation and for the beginning."""
        evaluations = self.evaluations * self.evaluation
        return self.beginning + evaluations + (self.evaluations + TARGET_EVALUATIONS) * fixed


@dataclass(frozen=True)
class Estimate:
    """The predicted cost; a run that converges early costs less.

    Attributes:
        size: (height, width) of the result.
        plan: how the largest scale is computed.
        evaluations: the most at all scales.
        full_size_evaluations: the evaluations of all scales as multiples of one at the result's
            size.
        seconds: for the whole picture, with a warm daemon.
        peak_bytes: resident memory of the process, or memory allocated on the graphics card.
        free_bytes: free on the device now.
    """

    size: Size
    plan: ExecutionPlan
    evaluations: int
    full_size_evaluations: float
    seconds: float
    peak_bytes: int
    free_bytes: int


def estimate(
    recipe: Recipe,
    content: Size,
    dtype: torch.dtype,
    plans: Callable[[Size], list[ExecutionPlan]],
    free: Callable[[torch.device], int],
    calibration: Calibration,
    at_rest: Callable[[torch.device], int] = held_memory,
    styles: int = 1,
) -> Estimate:
    """The time and memory that ``recipe`` needs for a content image of size ``content``.

    Args:
        plans: candidate plans for a scale of the given size, best first.
        free: free bytes on a device.
        at_rest: bytes that this process holds on a device while it makes no picture.
        styles: how many style images are mixed.

    Raises:
        WorkerError: no plan fits into memory.
    """
    finest = recipe.scales[-1]
    plan = plans(finest.size)[0]
    pixels = sum(scale.pixels * scale.evaluations for scale in recipe.scales)
    seconds = sum(
        expected_at(recipe, scale, plans(scale.size)[0], calibration, styles).seconds(
            calibration.fixed
        )
        for scale in recipe.scales
    )
    needed = max(
        _peak_bytes(recipe, scale, plans(scale.size)[0], dtype, styles) for scale in recipe.scales
    )
    if plan.device.type == "cpu":
        needed += at_rest(plan.device) + 12 * content[0] * content[1]
        style = 12 * style_pixels(recipe, finest.size) + SUMMARY_BYTES * len(recipe.scales)
        needed += round(styles * style)
    return Estimate(
        size=finest.size,
        plan=plan,
        evaluations=0 if recipe.untouched else recipe.evaluations,
        full_size_evaluations=pixels / finest.pixels,
        seconds=0.0 if recipe.untouched else seconds,
        peak_bytes=needed,
        free_bytes=free(plan.device),
    )


def _style_work(recipe: Recipe, scale: Scale, processes: int) -> float:
    """The cost of one style's targets at a scale, in evaluated megapixels, to each process.

    Args:
        processes: how many share the style's passes; each of them searches for all places.
    """
    matches = any(isinstance(term, MapTerm) and term.needs_matches for term in recipe.terms)
    passes = (SUMMARISED + (MATCHED if matches else 0.0)) * style_pixels(recipe, scale.size)
    search = SEARCH * min(scale.pixels, SEARCH_PIXELS) if matches else 0.0
    return (passes / processes + search) / 1e6


def style_pixels(recipe: Recipe, size: Size) -> float:
    """The most pixels that a style image has at a scale of that size."""
    return min(recipe.style_scale**2 * size[0] * size[1], LARGEST_STYLE)


def expected_at(
    recipe: Recipe,
    scale: Scale,
    plan: ExecutionPlan,
    calibration: Calibration,
    styles: int,
    processes: int = 1,
    rows: int | None = None,
) -> Expected:
    """The expected cost of a scale's pixels.

    Args:
        styles: how many style images are mixed.
        processes: how many share the picture.
        rows: how many of the scale's rows are this process's; None for all.
    """
    height, width = scale.size
    speed = calibration.whole
    if plan.tile is not None:
        speed = calibration.tiled * SLOWER_TILES[plan.kept]
    each = (height if rows is None else rows) * width / 1e6 * speed
    of_styles = styles * _style_work(recipe, scale, processes) * speed
    return Expected(scale.evaluations, each, TARGET_EVALUATIONS * each + of_styles)


def _peak_bytes(
    recipe: Recipe, scale: Scale, plan: ExecutionPlan, dtype: torch.dtype, styles: int
) -> int:
    minimiser = minimiser_at(recipe, scale.size)
    targets = values_kept(recipe.terms)
    looked_up = looked_up_at(recipe, scale.size, styles * style_pixels(recipe, scale.size))
    return peak_bytes(plan, scale.size, dtype, minimiser, targets, recipe.precision, looked_up)
