"""Which plans fit into the free memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan, candidate_plans, peak_bytes
from neural_style.engine.recipe import Recipe
from neural_style.engine.terms.base import values_looked_up
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.phrases import Amount

SHARE_OF_FREE = 0.8
"""The share of the free memory that a plan may use: other programs need some too, and the
prediction is inexact."""


def usable(free: int) -> int:
    """The bytes that a plan may use of ``free`` bytes; the rest is kept back."""
    return int(SHARE_OF_FREE * free)


def plans_for(
    size: Size,
    device: torch.device,
    dtype: torch.dtype,
    minimiser: AdamSteps | LbfgsSteps,
    targets: float,
    free: Callable[[torch.device], int],
    precision: str = "fastest",
    looked_up: float = 0.0,
) -> list[ExecutionPlan]:
    """The plans that fit, the fastest first.

    Args:
        dtype: the network's on ``device``; on the processor in place of a card it may be float32.
        targets: values per pixel in the terms' targets.
        free: free bytes on a device.
        precision: the recipe's.
        looked_up: see :func:`looked_up_at`.

    Raises:
        WorkerError: no plan fits.
    """
    refused: list[tuple[int, int]] = []
    fitting = []
    for plan in candidate_plans(size, device):
        own_dtype = dtype if plan.device == device else torch.float32
        needed = peak_bytes(plan, size, own_dtype, minimiser, targets, precision, looked_up)
        there = free(plan.device)
        if needed <= usable(there):
            fitting.append(plan)
        else:
            refused.append((needed, there))
    if not fitting:
        raise out_of_memory(size, *min(refused))
    return fitting


def minimiser_at(recipe: Recipe, size: Size) -> AdamSteps | LbfgsSteps:
    """The recipe's minimiser, its history limited to what the scale of that size can fill."""
    steps = recipe.minimiser
    if isinstance(steps, AdamSteps):
        return steps
    evaluations = max(scale.evaluations for scale in recipe.scales if scale.size == size)
    return replace(steps, history=min(steps.history, evaluations - 1))


def looked_up_at(recipe: Recipe, size: Size, style_pixels: float) -> float:
    """How many of the targets' values per pixel need not be kept in tiles.

    They are looked up in the styles' maps, which are smaller.

    Args:
        style_pixels: of all style images at that size.
    """
    share = max(0.0, 1.0 - style_pixels / (size[0] * size[1]))
    return values_looked_up(recipe.terms) * share


def out_of_memory(size: Size, needed: int = 0, free: int = 0) -> WorkerError:
    """The error for a picture that does not fit.

    Args:
        needed: bytes; 0 if not known.
        free: bytes that are free, where it is known how many are needed.
    """
    height, width = size
    return WorkerError(
        "There is not enough memory for a picture of {width} × {height} pixels, which takes about "
        "{amount}. {free} are free, and {usable} of them can be used."
        if needed
        else "There is not enough memory for a picture of {width} × {height} pixels.",
        next_step="Choose a smaller size, or close other programs.",
        width=width,
        height=height,
        amount=Amount(needed),
        free=Amount(free),
        usable=Amount(usable(free)),
    )
