"""Conversion between pixels in [0, 1] and the network's normalised values."""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.weights.layers import INPUT_MEAN, INPUT_STD


def normalise(pixels: Tensor) -> Tensor:
    """(…, 3, h, w) sRGB in [0, 1] to the network's input, as in torchvision."""
    mean, std = _statistics(pixels)
    return (pixels - mean) / std


def denormalise(image: Tensor) -> Tensor:
    """The network's input to sRGB, not clamped."""
    mean, std = _statistics(image)
    return image * std + mean


def _statistics(like: Tensor) -> tuple[Tensor, Tensor]:
    def column(values: tuple[float, float, float]) -> Tensor:
        # Filled on the device: a copy of the numbers would wait for a graphics card.
        return torch.cat([like.new_full((1, 1, 1), value) for value in values])

    return column(INPUT_MEAN), column(INPUT_STD)
