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
LARGER_SIDE = 1024
"""Side of a second picture on graphics cards, which hardly need longer for it than for a small one:
what they need longer is the cost of its pixels, and the rest that of an evaluation."""
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
    if vgg.device.type == "cpu":
        whole, tiled = _seconds(vgg, recipe, CALIBRATION_SIDE, should_stop)
        megapixels = _megapixels(CALIBRATION_SIDE)
        return Calibration(whole / megapixels, tiled / megapixels)
    small, _ = _seconds(vgg, recipe, CALIBRATION_SIDE, should_stop)
    whole, tiled = _seconds(vgg, recipe, LARGER_SIDE, should_stop)
    megapixels = _megapixels(LARGER_SIDE)
    slope = (whole - small) / (megapixels - _megapixels(CALIBRATION_SIDE))
    fixed = min(small, max(0.0, whole - slope * megapixels))
    return Calibration(
        whole=(whole - fixed) / megapixels,
        tiled=max(0.0, tiled - fixed) / megapixels,
        fixed=fixed,
    )


def _seconds(
    vgg: Vgg, recipe: Recipe, side: int, should_stop: Callable[[], bool]
) -> tuple[float, float]:
    """The seconds of an evaluation of a square picture: whole, and in tiles."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, 3, side, side), generator=generator).to(vgg.device)
    styles = [WeightedStyle(image.flip(-1), 1.0)]
    tiling = ExecutionPlan(vgg.device, LARGEST_TILE, kept=3).tiling(recipe.architecture)
    whole, tiled = (
        _best_seconds(build_objective(vgg, recipe, image, styles, tiling=way), image, should_stop)
        for way in (None, tiling)
    )
    return whole, tiled


def _best_seconds(objective: Objective, image: Tensor, should_stop: Callable[[], bool]) -> float:
    seconds = []
    for _ in range(CALIBRATION_ROUNDS + 1):  # the first evaluation is a warm-up
        if should_stop():
            raise CalibrationStopped
        began = time.perf_counter()
        result = objective.evaluate(image)
        assert result.losses.terms  # which waits until a graphics card has computed them
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:])


def _megapixels(side: int) -> float:
    return side**2 / 1e6
