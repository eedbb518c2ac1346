"""What a picture will take, before it is begun."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.objective import Objective, WeightedStyle
from neural_style.engine.objective.tiled_objective import TiledObjective
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import LARGEST_TILE, Method, peak_bytes
from neural_style.engine.plan.memory import held_memory
from neural_style.engine.plan.planner import minimiser_at
from neural_style.engine.recipe import Recipe, Scale

CALIBRATION_SIDE = 320
CALIBRATION_ROUNDS = 3

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


class CalibrationStopped(Exception):
    """There is something better to do than to measure."""


def calibrate(
    vgg: Vgg, recipe: Recipe, should_stop: Callable[[], bool] = lambda: False
) -> Calibration:
    """Time a few evaluations of a small picture; takes seconds.

    Raises:
        CalibrationStopped: ``should_stop`` said so between two of them.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (1, 3, CALIBRATION_SIDE, CALIBRATION_SIDE)
    image = torch.rand(shape, generator=generator).to(vgg.device)
    styles = [WeightedStyle(image.flip(-1), 1.0)]
    tiling = Method(vgg.device, LARGEST_TILE, kept=3).tiling(recipe.architecture)
    return Calibration(
        whole=_seconds_per_megapixel(Objective(vgg, recipe, image, styles), image, should_stop),
        tiled=_seconds_per_megapixel(
            TiledObjective(vgg, recipe, image, styles, tiling), image, should_stop
        ),
    )


def _seconds_per_megapixel(
    objective: Objective | TiledObjective, image: Tensor, should_stop: Callable[[], bool]
) -> float:
    seconds = []
    for _ in range(CALIBRATION_ROUNDS + 1):  # the first one generates kernels
        if should_stop():
            raise CalibrationStopped
        began = time.perf_counter()
        objective.evaluate(image)
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:]) / (CALIBRATION_SIDE**2 / 1e6)


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
        peak_bytes(methods(scale.size)[0], scale.size, dtype, minimiser_at(recipe, scale.size))
        for scale in recipe.scales
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
