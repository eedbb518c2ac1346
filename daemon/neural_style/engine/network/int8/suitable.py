"""Whether 8-bit integers are correct on this CPU; a layer to time them with."""

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


def integer_layer(x: Tensor) -> Callable[[], Tensor] | None:
    """Computes a convolution with its ReLU in 8-bit integers, and the gradient at its input ``x``.

    Args:
        x: (1, c, h, w) of ones, channels-last.

    Returns:
        None if the sums are wrong, because they overflow on some CPUs without instructions for
        8-bit integers, or if PyTorch was built without the kernels.
    """
    channels = x.shape[1]
    try:
        convolutions = _int8_convolutions(x)
        ones = torch.ones(channels, channels, 3, 3, dtype=x.dtype)
        expected = F.conv2d(x, ones, padding=1)
        if not all(torch.allclose(convolve(), expected, rtol=0.02) for convolve in convolutions):
            return None
    except (RuntimeError, AttributeError, TypeError):
        return None
    features, gradients, _ = convolutions

    def compute() -> Tensor:
        features()
        return gradients()

    return compute


def _int8_convolutions(x: Tensor) -> tuple[Callable[[], Tensor], ...]:
    """Convolutions of ``x`` with filters of ones; they give the largest possible sums."""
    channels = x.shape[1]
    ones = torch.ones(channels, channels, 3, 3)
    features = FeatureConvolution(ones, torch.zeros(channels), channel_max(x))
    gradients, scratch = GradientConvolution(ones), Scratch()
    around: tuple[Padding, Margins, Scratch] = ("zeros", ALL_ROUND, scratch)
    return (
        lambda: features(x, *around, rectified=True),
        lambda: gradients(x, *around, rectified=x),
        lambda: -gradients(-x, *around, rectified=x),
    )
