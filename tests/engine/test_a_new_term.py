"""A term of one's own, as docs/engine.md shows it, is exact in tiles without more ado."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from engine.test_tiled_objective import (
    DEEPLY_MERGED,
    EXACT,
    KEPT,
    assert_equal,
    evaluations,
    recipe,
)
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.terms.base import SummaryTerm


@dataclass(frozen=True)
class MeanFeatures(SummaryTerm):
    r"""How far the features' means are from the style's.

    .. math:: L = \frac{1}{c} \sum_i (\mu_i - \mu^*_i)^2
    """

    name: ClassVar[str] = "means"

    def statistic(self, features: Tensor) -> Tensor:
        return features.sum((0, 2, 3))

    def value_and_pull(self, seen: Tensor, target: Tensor, elements: int) -> tuple[Tensor, Tensor]:
        channels = len(seen)
        difference = channels * (seen - target)  # the summary divides by c·h·w
        pull = self.weight * 2 * difference / elements
        return self.weight * difference.square().mean(), pull.view(1, -1, 1, 1)

    def gradient_at(self, features: Tensor, pull: Tensor, upstream: Tensor | None) -> Tensor:
        gradient = pull.to(features.dtype).expand_as(features)
        return gradient.clone() if upstream is None else upstream.add_(gradient)


@pytest.mark.parametrize("relative", [True, False])
def test_it_is_exact_in_tiles_beside_others(vgg64: Vgg, relative: bool) -> None:
    terms = (MeanFeatures("relu3_1", 2.0, relative), MeanFeatures("conv2_1", 0.5, relative))
    whole, tiled = evaluations(vgg64, recipe(terms), (41, 51), DEEPLY_MERGED, KEPT)
    assert list(whole.losses.terms) == ["means"]
    assert whole.losses.total > 0
    for evaluation in tiled:
        assert_equal(evaluation, whole, EXACT)


def test_its_gradient_is_the_formulas() -> None:
    features = torch.randn(1, 4, 3, 5, dtype=torch.float64, requires_grad=True)
    target = torch.rand(4, dtype=torch.float64)
    term = MeanFeatures("relu1_1", 3.0)
    seen = term.summary(term.statistic(features.detach()), features.numel())
    value, pull = term.value_and_pull(seen, target / 4, features.numel())
    formula = 3 * (features.mean((0, 2, 3)) - target).square().mean()
    torch.testing.assert_close(value, formula.detach())
    (expected,) = torch.autograd.grad(formula, features)
    torch.testing.assert_close(term.gradient_at(features.detach(), pull, None), expected)
