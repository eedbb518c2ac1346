"""The style loss: which features occur together, wherever they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.network.maps import positions
from neural_style.engine.terms.base import SummaryTerm


@dataclass(frozen=True)
class Gram(SummaryTerm):
    r"""How far the Gram matrix of the features is from the style's.

    .. math:: L = \frac{1}{c^2} \sum_{ij} (G_{ij} - A_{ij})^2

    (Gatys et al. 2016, equation 4, with the textbook's normalisation.)

    Several styles are compared through the mean of their Gram matrices, weighted by share. That
    has the same gradient as the weighted sum of their own losses, at the cost of one.
    """

    name: ClassVar[str] = "style"

    def statistic(self, features: Tensor) -> Tensor:
        """(c, c), the sum of products over positions."""
        return gram_sums(features)

    def value_and_pull(self, seen: Tensor, target: Tensor, elements: int) -> tuple[Tensor, Tensor]:
        """The weighted loss, and the matrix that features are multiplied by in its gradient."""
        difference = seen - target
        matrix = difference * (self.weight * (2 / difference.numel())) * (2 / elements)
        return difference.square().mean() * self.weight, matrix

    def gradient_at(self, features: Tensor, pull: Tensor, passed: Tensor | None) -> Tensor:
        """2 D F / (c h w), where D is the loss's gradient at the Gram matrix."""
        return multiplied(features, pull, passed)


def gram_matrix(features: Tensor) -> Tensor:
    """The Gram matrix of one image's features, divided by the number of its elements.

    .. math:: G_{ij} = \frac{1}{c h w} \\sum_p F_{ip} F_{jp}

    (Gatys et al. 2016, equation 3, with the textbook's normalisation.)

    The products run in the features' own precision. That must be one with float32's range, as
    bfloat16 is, because the sums over positions are only divided afterwards.

    Args:
        features: (1, c, h, w).

    Returns:
        (c, c), symmetric, float32 or the features' type where that is wider.
    """
    return gram_sums(features) / features.numel()


def multiplied(features: Tensor, matrix: Tensor, passed: Tensor | None = None) -> Tensor:
    """features·matrix at every position.

    Args:
        features: (1, c, h, w), also the result's shape.
        matrix: (c, c), symmetric, of any floating type.
        passed: another gradient at the features. It is added in the same pass, and changed.
    """
    flat, matrix = positions(features), matrix.to(features.dtype)
    sums = flat @ matrix if passed is None else positions(passed).addmm_(flat, matrix)
    _, channels, height, width = features.shape
    return sums.view(1, height, width, channels).permute(0, 3, 1, 2)


TOGETHER = 4096
"""Positions whose products are summed in one go, where there are many times as many."""
LONG = 8 * TOGETHER


def gram_sums(features: Tensor) -> Tensor:
    """The Gram matrix before it is divided, for one that is summed over parts of an image.

    A matrix that is hundreds of times as long as it is wide is slow to multiply as a whole.
    """
    flat = positions(features)
    wide = torch.promote_types(flat.dtype, torch.float32)
    if len(flat) < LONG:
        return (flat.T @ flat).to(wide)
    count = len(flat) // TOGETHER
    parts = flat[: count * TOGETHER].view(count, TOGETHER, flat.shape[1])
    rest = flat[count * TOGETHER :]
    return torch.bmm(parts.mT, parts).sum(0, dtype=wide).add_((rest.T @ rest).to(wide))
