"""The neighbour loss: compares features with the style's, at the places that look most alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.terms.base import Guides
from neural_style.engine.terms.content import Content


@dataclass(frozen=True)
class Neighbours(Content):
    r"""Mean squared difference from the style's features at matching places.

    .. math:: L = \frac{1}{c h w} \sum_{ip} (F_{ip} - T_{ip})^2, \quad
              T_{ip} = (1 - a) P_{ip} + a S_{i \varphi(p)}

    with the content's features P, the style's features S and the place φ(p) in the style that looks
    most like the content at p (Kolkin et al., *Neural Neighbor Style Transfer*, 2022; the search is
    in :mod:`~neural_style.engine.objective.matching`). What the style loss asks of the picture as a
    whole, this loss asks of each place: strokes lie where the painting has them on similar forms.

    Attributes:
        moved: a, how far the target goes from the content to its neighbours, in [0, 1].
    """

    moved: float = 1.0

    name: ClassVar[str] = "neighbours"
    needs_matches: ClassVar[bool] = True

    @property
    def needs_content(self) -> bool:
        """Not if the target is the style's features alone."""
        return self.moved != 1

    def target(self, features: Tensor, guides: Guides) -> Tensor:
        """The neighbours' features T."""
        assert guides.matched is not None  # it was asked for
        if not self.needs_content:
            return guides.matched
        return torch.lerp(features, guides.matched.to(features.dtype), self.moved)
