"""The content loss in the style's own feature space."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.terms.base import Guides, Summary
from neural_style.engine.terms.content import Content

MOST_STRETCH = 3.0
"""The most by which a feature's deviation is multiplied or divided. A feature that hardly varies in
one of the pictures says little."""

LEAST_DEVIATION = 1e-6
"""The least deviation that is divided by."""


@dataclass(frozen=True)
class ChannelMoments:
    """Each feature's mean and standard deviation over all positions: (2, c).

    Attributes:
        layer: a name from :data:`~neural_style.engine.network.layers.LAYERS`.
    """

    layer: str

    def statistic(self, features: Tensor) -> Tensor:
        """(2, c): the features' sums and their squares' sums, float32 or wider."""
        wide = features.to(torch.promote_types(features.dtype, torch.float32))
        return torch.stack((wide.sum((0, 2, 3)), wide.square().sum((0, 2, 3))))

    def summary(self, total: Tensor, elements: int) -> Tensor:
        """(2, c): the means and the standard deviations."""
        means, squares = total * (total.shape[1] / elements)
        return torch.stack((means, (squares - means.square()).clamp_min(0).sqrt()))


@dataclass(frozen=True)
class MovedContent(Content):
    r"""Mean squared difference from the content's features, moved to where the style's are.

    .. math:: L = \frac{1}{c h w} \sum_{ip} (F_{ip} - P'_{ip})^2, \quad
              P'_{ip} = (1 - a) P_{ip} + a (\mu^s_i + r_i (P_{ip} - \mu^c_i)), \quad
              r_i = \mathrm{clamp}(\sigma^s_i / \sigma^c_i, \tfrac13, 3)

    with the means μ and deviations σ of the style s and the content c. (The map is that of Huang &
    Belongie, *Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization*, ICCV
    2017, equation 8.) So the content loss does not ask for the photograph's own features, which
    the style loss forbids.

    Attributes:
        moved: a, how far the features are moved, in [0, 1].
    """

    moved: float = 1.0

    @property
    def guide(self) -> Summary:
        """The means and deviations."""
        return ChannelMoments(self.layer)

    def target(self, features: Tensor, guides: Guides) -> Tensor:
        """The moved features P′."""
        assert guides.of_content is not None  # there is a guide
        assert guides.of_styles is not None
        return moved(features, guides.of_content, guides.of_styles, self.moved)


def moved(features: Tensor, of_content: Tensor, of_styles: Tensor, by: float = 1.0) -> Tensor:
    """The features P′ of :class:`MovedContent`.

    Args:
        features: the content's, (1, c, h, w).
        of_content, of_styles: by :class:`ChannelMoments`, (2, c).
        by: a, how far they are moved, in [0, 1].
    """
    mean, deviation = of_content
    style_mean, style_deviation = of_styles
    ratio = style_deviation / deviation.clamp_min(LEAST_DEVIATION)
    ratio = ratio.clamp(1 / MOST_STRETCH, MOST_STRETCH)
    shift = by * (style_mean - ratio * mean)
    ratio = 1 + by * (ratio - 1)
    ratio, shift = (each.to(features.dtype).view(1, -1, 1, 1) for each in (ratio, shift))
    return torch.addcmul(shift, features, ratio)
