"""Which methods a picture may be computed with, given the memory at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import Method, ladder, peak_bytes
from neural_style.engine.recipe import Recipe
from neural_style_protocol.errors import WorkerError

SHARE_OF_FREE = 0.8
"""Of the free memory: other programs live too, and predictions err."""


def methods_for(
    size: Size,
    device: torch.device,
    dtype: torch.dtype,
    minimiser: AdamSteps | LbfgsSteps,
    targets: float,
    free: Callable[[torch.device], int],
) -> list[Method]:
    """What to try, best first: the best that fits, and all that need less.

    Args:
        targets: values for each pixel that the terms keep of their targets.
        free: bytes that a device could give now.

    Raises:
        WorkerError: nothing fits.
    """
    methods = list(ladder(size, device))
    for place, method in enumerate(methods):
        needed = peak_bytes(method, size, dtype, minimiser, targets)
        if needed <= SHARE_OF_FREE * free(method.device):
            return methods[place:]
    raise out_of_memory(size, needed)


def minimiser_at(recipe: Recipe, size: Size) -> AdamSteps | LbfgsSteps:
    """The recipe's minimiser with no longer a history than the scale of that size can fill."""
    steps = recipe.minimiser
    if isinstance(steps, AdamSteps):
        return steps
    evaluations = max(scale.evaluations for scale in recipe.scales if scale.size == size)
    return replace(steps, history=min(steps.history, evaluations - 1))


def out_of_memory(size: Size, needed: int = 0) -> WorkerError:
    """The error for a picture that does not fit, with what it ``needed`` if that is known."""
    height, width = size
    amount = f"{needed / 1e9:.1f} GB" if needed >= 1e9 else f"{needed / 1e6:.0f} MB"
    how_much = f", which takes about {amount}" if needed else ""
    return WorkerError(
        f"There is not enough memory for a picture of {width} × {height} pixels{how_much}.",
        next_step="Choose a smaller size, or close other programs.",
    )
