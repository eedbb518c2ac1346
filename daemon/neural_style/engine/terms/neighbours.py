"""The neighbour loss: compares features with the style's, at the places that look most alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.picture.resize import resize, size_of
from neural_style.engine.terms.base import Guides, Rows, Summary
from neural_style.engine.terms.content import Content
from neural_style.engine.terms.moved_content import ChannelMoments, moved


@dataclass(frozen=True)
class Neighbours(Content):
    r"""Mean squared difference from the style's features at matching places.

    .. math:: L = \frac{1}{c h w} \sum_{ip} (F_{ip} - T_{ip})^2, \quad
              T_{ip} = (1 - a) P_{ip} + a S_{i \varphi(p)}

    with the content's features P, the style's features S and the place φ(p) in the style that looks
    most like the content at p (Kolkin et al., *Neural Neighbor Style Transfer*, 2022; the search is
    in :mod:`~neural_style.engine.objective.matching`). What the style loss asks of the picture as a
    whole, this loss asks of each place: strokes lie where the painting has them on similar forms.

    A face loses its features to what looks alike in the painting: an eye becomes a star. So in
    faces the target is the face itself, with the features moved to where the style's are:
    (1 - f) T + f P′, with P′ of :class:`~neural_style.engine.terms.moved_content.MovedContent`.

    Attributes:
        moved: a, how far the target goes from the content to its neighbours, in [0, 1].
        faces: f, (1, h, w) in [0, 1], of the whole picture at any size; None if there are none.
    """

    moved: float = 1.0
    faces: Tensor | None = field(default=None, repr=False)

    name: ClassVar[str] = "neighbours"
    needs_matches: ClassVar[bool] = True

    @property
    def needs_content(self) -> bool:
        """Not if the target is the style's features alone."""
        return self.moved != 1 or self.faces is not None

    @property
    def guide(self) -> Summary | None:
        """The means and deviations, for faces."""
        return None if self.faces is None else ChannelMoments(self.layer)

    def target(self, features: Tensor, guides: Guides) -> Tensor:
        """The neighbours' features T."""
        assert guides.matched is not None  # it was asked for
        if not self.needs_content:
            return guides.matched
        neighbours = torch.lerp(features, guides.matched.to(features.dtype), self.moved)
        if self.faces is None:
            return neighbours
        assert guides.of_content is not None  # there is a guide
        assert guides.of_styles is not None
        itself = moved(features, guides.of_content, guides.of_styles, self.moved)
        share = self._faces_on(features, guides.place)
        return torch.lerp(neighbours, itself, share.unsqueeze(0).to(features.dtype))

    def _faces_on(self, features: Tensor, place: Rows | None) -> Tensor:
        """f at each position of some rows of the map, (1, h, w)."""
        assert self.faces is not None
        faces = self.faces.to(features.device)
        if place is None:
            return resize(faces, size_of(features)).clamp(0, 1)
        return resize(faces, place.size)[..., place.span.slice, :].clamp(0, 1)
