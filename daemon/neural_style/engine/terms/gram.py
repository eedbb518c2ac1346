"""The style loss: which features occur together, at any position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.network.maps import flatten_positions
from neural_style.engine.terms.base import SummaryTerm


@dataclass(frozen=True)
class Gram(SummaryTerm):
    r"""Mean squared difference from the style's Gram matrix.

    .. math:: L = \frac{1}{c^2} \sum_{ij} (G_{ij} - A_{ij})^2

    (Gatys et al. 2016, equation 4, with the textbook's normalisation.)

    Several styles are compared by the mean of their Gram matrices, weighted by share. This has the
    same gradient as the weighted sum of their losses, at the cost of one.
    """

    name: ClassVar[str] = "style"

    def statistic(self, features: Tensor) -> Tensor:
        """(c, c), the products of features summed over positions."""
        return gram_sums(features)

    def value_and_pull(self, seen: Tensor, target: Tensor, elements: int) -> tuple[Tensor, Tensor]:
        """The weighted loss, and the matrix that multiplies the features in its gradient."""
        difference = seen - target
        matrix = difference * (self.weight * (2 / difference.numel())) * (2 / elements)
        return difference.square().mean() * self.weight, matrix

    def gradient_at(self, features: Tensor, pull: Tensor, upstream: Tensor | None) -> Tensor:
        """2 D F / (c h w), where D is the loss's gradient at the Gram matrix."""
        return multiply_channels(features, pull, upstream)


def gram_matrix(features: Tensor) -> Tensor:
    """The Gram matrix of one image's features, divided by the number of its elements.

    .. math:: G_{ij} = \frac{1}{c h w} \\sum_p F_{ip} F_{jp}

    (Gatys et al. 2016, equation 3, with the textbook's normalisation.)

    The products are computed in the features' precision.

    Args:
        features: (1, c, h, w).

    Returns:
        (c, c), symmetric, float32 or the features' type if that is wider.
    """
    return gram_sums(features) / features.numel()


def multiply_channels(features: Tensor, matrix: Tensor, upstream: Tensor | None = None) -> Tensor:
    """features·matrix at every position.

    Args:
        features: (1, c, h, w), also the result's shape.
        matrix: (c, c), symmetric, of any floating type.
        upstream: another gradient at the features. It is added in the same pass and modified.
    """
    flat, matrix = flatten_positions(features), matrix.to(features.dtype)
    sums = flat @ matrix if upstream is None else flatten_positions(upstream).addmm_(flat, matrix)
    _, channels, height, width = features.shape
    return sums.view(1, height, width, channels).permute(0, 3, 1, 2)


BATCH_POSITIONS = 4096
"""Positions per product where the map is split into several products."""
BATCHED_FROM = 8 * BATCH_POSITIONS
"""Maps with at least so many positions are split."""

SHRUNK = 2.0**-8
"""Float16 ends at 65504. VGG-19's features reach 140, and the sum over a part of their squares
2,000,000."""


def gram_sums(features: Tensor) -> Tensor:
    """(c, c), the Gram matrix before the division, to be summed over parts of an image.

    Multiplying a very long, narrow matrix at once is slow; it is split into equal parts. Float16
    cannot hold the sums of a part, so there the features are made smaller for the product.
    """
    flat = flatten_positions(features)
    if flat.dtype == torch.float16:
        return _sums_of_products(flat * SHRUNK) / SHRUNK**2
    return _sums_of_products(flat)


def _sums_of_products(flat: Tensor) -> Tensor:
    """(c, c) from (positions, c), float32 or wider."""
    wide = torch.promote_types(flat.dtype, torch.float32)
    if len(flat) < BATCHED_FROM:
        return (flat.T @ flat).to(wide)
    count = len(flat) // BATCH_POSITIONS
    parts = flat[: count * BATCH_POSITIONS].view(count, BATCH_POSITIONS, flat.shape[1])
    rest = flat[count * BATCH_POSITIONS :]
    return torch.bmm(parts.mT, parts).sum(0, dtype=wide).add_((rest.T @ rest).to(wide))
