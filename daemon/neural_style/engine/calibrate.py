"""Measures the speed of this machine with a small picture."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.objective import Objective
from neural_style.engine.plan.estimate import Calibration
from neural_style.engine.plan.execution_plan import LARGEST_TILE, ExecutionPlan
from neural_style.engine.recipe import Recipe

CALIBRATION_SIDE = 320
CALIBRATION_ROUNDS = 3


class CalibrationStopped(Exception):
    """The measurement was interrupted."""


def calibrate(
    vgg: Vgg, recipe: Recipe, should_stop: Callable[[], bool] = lambda: False
) -> Calibration:
    """Time a few evaluations of a small picture. This takes seconds.

    Raises:
        CalibrationStopped: ``should_stop`` returned True between two evaluations.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (1, 3, CALIBRATION_SIDE, CALIBRATION_SIDE)
    image = torch.rand(shape, generator=generator).to(vgg.device)
    styles = [WeightedStyle(image.flip(-1), 1.0)]
    tiling = ExecutionPlan(vgg.device, LARGEST_TILE, kept=3).tiling(recipe.architecture)
    return Calibration(
        whole=_seconds_per_megapixel(
            build_objective(vgg, recipe, image, styles), image, should_stop
        ),
        tiled=_seconds_per_megapixel(
            build_objective(vgg, recipe, image, styles, tiling=tiling), image, should_stop
        ),
    )


def _seconds_per_megapixel(
    objective: Objective, image: Tensor, should_stop: Callable[[], bool]
) -> float:
    seconds = []
    for _ in range(CALIBRATION_ROUNDS + 1):  # the first evaluation is a warm-up
        if should_stop():
            raise CalibrationStopped
        began = time.perf_counter()
        objective.evaluate(image)
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:]) / (CALIBRATION_SIDE**2 / 1e6)
