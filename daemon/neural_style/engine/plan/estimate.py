"""What a picture will take, before it is begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import Method, peak_bytes
from neural_style.engine.plan.memory import held_memory
from neural_style.engine.plan.planner import minimiser_at
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.terms.base import values_kept

SLOWER_TILES = {0: 1.28, 1: 1.16, 2: 1.08, 3: 1.0}
"""Time of an evaluation in tiles over that with three blocks kept, by how many are."""

PER_EVALUATION = 0.02
"""Seconds that an evaluation takes besides those that grow with its pixels."""

STATISTICS = 0.5
"""Evaluations that the style's and the content's features cost at each scale."""


@dataclass(frozen=True)
class Calibration:
    """How fast a device is: seconds of one evaluation per million pixels.

    Attributes:
        whole: where the picture is computed whole.
        tiled: in tiles, with three blocks kept.
    """

    whole: float
    tiled: float


@dataclass(frozen=True)
class Estimate:
    """A prediction; convergence may end a run sooner.

    Attributes:
        size: (height, width) of the result.
        method: of the largest scale.
        evaluations: at all scales, at most.
        full_size_evaluations: the evaluations of all scales as multiples of one at the result's
            size.
        seconds: for all of it, with a warm daemon.
        peak_bytes: resident memory of the process, or allocated on the graphics card.
        free_bytes: on the device now, before the picture is begun.
    """

    size: Size
    method: Method
    evaluations: int
    full_size_evaluations: float
    seconds: float
    peak_bytes: int
    free_bytes: int


def estimate(
    recipe: Recipe,
    content: Size,
    dtype: torch.dtype,
    methods: Callable[[Size], list[Method]],
    free: Callable[[torch.device], int],
    calibration: Calibration,
    at_rest: Callable[[torch.device], int] = held_memory,
) -> Estimate:
    """The time and memory of ``recipe`` on a content image of that size.

    Args:
        at_rest: bytes of a device that this process holds while it makes no picture.

    Raises:
        WorkerError: no method fits into memory.
    """
    finest = recipe.scales[-1]
    method = methods(finest.size)[0]
    pixels = sum(scale.pixels * scale.evaluations for scale in recipe.scales)
    seconds = sum(_seconds(scale, methods(scale.size)[0], calibration) for scale in recipe.scales)
    needed = max(
        _peak_bytes(recipe, scale, methods(scale.size)[0], dtype) for scale in recipe.scales
    )
    if method.device.type == "cpu":
        needed += at_rest(method.device) + 12 * content[0] * content[1]
    return Estimate(
        size=finest.size,
        method=method,
        evaluations=0 if recipe.untouched else recipe.evaluations,
        full_size_evaluations=pixels / finest.pixels,
        seconds=0.0 if recipe.untouched else seconds,
        peak_bytes=needed,
        free_bytes=free(method.device),
    )


def _seconds(scale: Scale, method: Method, calibration: Calibration) -> float:
    if method.tile is None:
        speed = calibration.whole
    else:
        speed = calibration.tiled * SLOWER_TILES[method.kept]
    megapixels = scale.pixels / 1e6
    each = megapixels * speed + PER_EVALUATION
    return (scale.evaluations + STATISTICS) * each


def _peak_bytes(recipe: Recipe, scale: Scale, method: Method, dtype: torch.dtype) -> int:
    minimiser = minimiser_at(recipe, scale.size)
    return peak_bytes(method, scale.size, dtype, minimiser, values_kept(recipe.terms))
