"""The terms of the objective that are sums over pixels, and their gradient, band by band.

The same formulas as in :mod:`neural_style.engine.terms.losses`, but temporaries are those of a band
of rows, not of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.recipe import Balance
from neural_style.engine.terms.losses import range_penalty

BAND_PIXELS = 1 << 18


@dataclass(frozen=True)
class PixelLosses:
    """Weighted."""

    variation: float
    range: float


def add_pixel_losses(image: Tensor, balance: Balance, gradient: Tensor) -> PixelLosses:
    """The weighted losses at ``image``; their gradient is added to ``gradient`` in place.

    Args:
        image, gradient: (1, 3, h, w) of one floating type.
    """
    height, width = image.shape[-2:]
    rows = max(1, BAND_PIXELS // width)
    variation, out_of_range = 0.0, 0.0
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        with_next_row = slice(top, min(height, bottom + 1))
        part = image[:, :, with_next_row].detach().requires_grad_(True)
        own = part[:, :, : bottom - top]
        with torch.enable_grad():
            terms = _variation(part, own, balance, image.shape), _range(own, balance, image)
            (pulled,) = torch.autograd.grad(terms, part)
        gradient[:, :, with_next_row] += pulled
        variation += terms[0].item()
        out_of_range += terms[1].item()
    return PixelLosses(variation, out_of_range)


def _variation(part: Tensor, own: Tensor, balance: Balance, shape: torch.Size) -> Tensor:
    _, channels, height, width = shape
    below = part[:, :, 1:] - part[:, :, :-1], channels * (height - 1) * width
    right = own[..., 1:] - own[..., :-1], channels * height * (width - 1)
    total = part.new_zeros(()) * part.sum()
    for differences, count in (below, right):
        if balance.total_variation:
            weight = 0.5 * balance.total_variation / count
            total = total + weight * differences.abs().sum()
        if balance.smoothness:
            weight = 0.5 * balance.smoothness / count
            total = total + weight * differences.square().sum()
    return total


def _range(own: Tensor, balance: Balance, image: Tensor) -> Tensor:
    return balance.range * own.numel() / image.numel() * range_penalty(own)
