"""The content loss: compares features with the content image's, position by position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.network.maps import parts_to_sum
from neural_style.engine.terms.base import MapTerm


@dataclass(frozen=True)
class Content(MapTerm):
    r"""Mean squared difference from the content image's features.

    .. math:: L = \frac{1}{c h w} \sum_{ip} (F_{ip} - P_{ip})^2

    (Gatys et al. 2016, equation 1, as a mean.)
    """

    name: ClassVar[str] = "content"

    def statistic(self, features: Tensor, target: Tensor) -> Tensor:
        """The sum of squared differences."""
        difference = features - target
        wide = torch.promote_types(difference.dtype, torch.float32)
        lengths = [torch.linalg.vector_norm(p, dtype=wide) for p in parts_to_sum(difference)]
        return torch.stack(lengths).square().sum()

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, float]:
        """The weighted mean, and the factor of the differences in the gradient."""
        # Rounded as in the loss, so that loss and gradient agree.
        weight = torch.tensor(self.weight, dtype=total.dtype).item()
        return total / elements * self.weight, 2 * weight / elements

    def gradient_at(
        self, features: Tensor, target: Tensor, pull: float, upstream: Tensor | None
    ) -> Tensor:
        """2 (F − P) / (c h w), weighted."""
        difference = features - target
        # PyTorch raises at a factor that float16 cannot hold. An infinite gradient is repeated.
        factor = pull if pull <= torch.finfo(difference.dtype).max else math.inf
        if upstream is None:
            return difference.mul_(factor)
        return upstream.add(difference, alpha=factor)
