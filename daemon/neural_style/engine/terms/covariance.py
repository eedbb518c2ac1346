"""The style loss: the features' means, and which of them vary together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from neural_style.engine.network.maps import parts_to_sum
from neural_style.engine.terms.base import LEAST_SQUARE, SummaryTerm
from neural_style.engine.terms.gram import gram_sums, multiply_channels

LEAST_VARIATION = 0.01
"""The covariance that a difference is compared with is at least this share of the means' squares.
The covariance of a style image of one colour is zero."""


class Pull(NamedTuple):
    """The gradient at features F is ``F·matrix + shift``: (c, c) and (c,)."""

    matrix: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Covariance(SummaryTerm):
    r"""Squared differences from the style's means and covariance, each relative to the style's own.

    .. math:: L = \frac{\|\Sigma - \Sigma^*\|^2}{\|\Sigma^*\|^2}
                + \frac{\|\mu - \mu^*\|^2}{\|\mu^*\|^2}

    The Gram matrix is their sum Σ + μμᵀ, divided by c. Its largest part are the means, so a picture
    can have the right Gram matrix with variations of the wrong size. Compared apart, both come out
    right (Yeh et al., *Improving Style Transfer with Calibrated Metrics*, 2019, find the same).

    The target of several styles has their mean μ and their mean Σ, weighted by share. How far the
    styles' own means are apart does not count as variation.
    """

    name: ClassVar[str] = "style"

    def statistic(self, features: Tensor) -> Tensor:
        """(c + 1, c): the products of features summed over positions, then the features' sums."""
        products = gram_sums(features)
        sums = [part.sum(0, dtype=products.dtype) for part in parts_to_sum(features)]
        return torch.cat((products, torch.stack(sums).sum(0)[None]))

    def summary(self, total: Tensor, elements: int) -> Tensor:
        """(c + 1, c): the covariance Σ, then the means μ."""
        moments = total * (total.shape[1] / elements)
        products, means = moments[:-1], moments[-1]
        return torch.cat((products - torch.outer(means, means), means[None]))

    def value_and_pull(self, seen: Tensor, target: Tensor, elements: int) -> tuple[Tensor, Pull]:
        """The weighted loss, and the gradient at a position as a function of its features."""
        variation, shift = seen[:-1] - target[:-1], seen[-1] - target[-1]
        means = target[-1].square().sum()
        least = (LEAST_VARIATION * means).square().clamp_min(LEAST_SQUARE)
        for_means = self.weight / means.clamp_min(LEAST_SQUARE)
        for_variation = self.weight / torch.maximum(target[:-1].square().sum(), least)
        loss = for_variation * variation.square().sum() + for_means * shift.square().sum()
        positions = elements / len(shift)
        matrix = variation * (4 * for_variation / positions)
        return loss, Pull(matrix, shift * (2 * for_means / positions) - seen[-1] @ matrix)

    def gradient_at(self, features: Tensor, pull: Pull, upstream: Tensor | None) -> Tensor:
        """4 (Σ − Σ*) (F − μ) / (n ‖Σ*‖²) + 2 (μ − μ*) / (n ‖μ*‖²), weighted; n positions."""
        gradient = multiply_channels(features, pull.matrix, upstream)
        return gradient.add_(pull.shift.to(gradient.dtype).view(1, -1, 1, 1))
