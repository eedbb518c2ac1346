"""Whether this processor computes in 8-bit integers rightly, and more quickly."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.product import (
    FeatureProduct,
    GradientProduct,
    Scratch,
    channel_reach,
)
from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding
from neural_style.engine.network.precision import (
    CHANNELS,
    best_seconds,
    convolution_seconds,
    sample_input,
)

INTEGERS_MUST_WIN_BY = 1.2
"""Integers are chosen only where they are this many times faster."""


def integers_win(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether convolutions in 8-bit integers are right, and clearly faster than in ``dtype``.

    Both are tried: processors without instructions for them are slow, and some of those lose the
    highest digits of the sums. Takes about a tenth of a second.
    """
    if device.type != "cpu":
        return False
    x = sample_input(device, dtype)
    try:
        ways = _integer_ways(x)
        right = F.conv2d(x, torch.ones(CHANNELS, CHANNELS, 3, 3, dtype=dtype), padding=1)
        if not all(torch.allclose(way(), right, rtol=0.02) for way in ways):
            return False
        integers = max(best_seconds(way) for way in ways)
    except (RuntimeError, AttributeError, TypeError):
        return False  # this build of torch has no such kernels
    return convolution_seconds(device, dtype) > INTEGERS_MUST_WIN_BY * integers


def _integer_ways(x: Tensor) -> tuple[Callable[[], Tensor], ...]:
    """Ways to sum all positive values around each of ``x``; the sums are as large as they get."""
    ones = torch.ones(CHANNELS, CHANNELS, 3, 3)
    features = FeatureProduct(ones, torch.zeros(CHANNELS), channel_reach(x))
    gradients, scratch = GradientProduct(ones), Scratch()
    around: tuple[Padding, Margins, Scratch] = ("zeros", ALL_ROUND, scratch)
    return (
        lambda: features(x, *around, rectified=True),
        lambda: gradients(x, *around, rectified=x),
        lambda: -gradients(-x, *around, rectified=x),
    )
