"""Whether 8-bit integers are correct and faster on this CPU."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.product import (
    FeatureConvolution,
    GradientConvolution,
    Scratch,
    channel_max,
)
from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding
from neural_style.engine.network.precision import (
    CHANNELS,
    best_seconds,
    convolution_seconds,
    sample_input,
)

INTEGERS_MUST_WIN_BY = 1.2
"""Integers are chosen only if they are this many times faster."""


def integers_win(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether convolutions in 8-bit integers are correct, and clearly faster than in ``dtype``.

    Both are tested: CPUs without instructions for them are slow, and on some of those the sums
    overflow. It takes about a tenth of a second.
    """
    if device.type != "cpu":
        return False
    x = sample_input(device, dtype)
    try:
        convolutions = _int8_convolutions(x)
        expected = F.conv2d(x, torch.ones(CHANNELS, CHANNELS, 3, 3, dtype=dtype), padding=1)
        if not all(torch.allclose(convolve(), expected, rtol=0.02) for convolve in convolutions):
            return False
        integers = max(best_seconds(convolve) for convolve in convolutions)
    except (RuntimeError, AttributeError, TypeError):
        return False  # this build of PyTorch lacks the kernels
    return convolution_seconds(device, dtype) > INTEGERS_MUST_WIN_BY * integers


def _int8_convolutions(x: Tensor) -> tuple[Callable[[], Tensor], ...]:
    """Convolutions of ``x`` with filters of ones; they give the largest possible sums."""
    ones = torch.ones(CHANNELS, CHANNELS, 3, 3)
    features = FeatureConvolution(ones, torch.zeros(CHANNELS), channel_max(x))
    gradients, scratch = GradientConvolution(ones), Scratch()
    around: tuple[Padding, Margins, Scratch] = ("zeros", ALL_ROUND, scratch)
    return (
        lambda: features(x, *around, rectified=True),
        lambda: gradients(x, *around, rectified=x),
        lambda: -gradients(-x, *around, rectified=x),
    )
