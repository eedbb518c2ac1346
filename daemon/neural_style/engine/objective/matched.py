"""The styles' features at the places that look most like each position of the content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from neural_style.engine.checks import SMALLEST_SIDE
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.collecting import Cut, Maps, WeightedStyle
from neural_style.engine.objective.matching import Matches, match
from neural_style.engine.picture.resize import resize, size_of
from neural_style.engine.terms.moved_content import ChannelMoments, moved

SEARCH_LAYERS = ("relu2_1", "relu3_1", "relu4_1")
GRID = "relu3_1"
"""Places are matched by these layers, at the positions of that one."""

SEARCH_PIXELS = 1 << 16
"""Larger pictures are searched at this size: each position is compared with every place of the
style, so the cost grows with the square."""


def matched_maps(
    vgg: Vgg,
    architecture: Architecture,
    layers: Sequence[str],
    content: Tensor,
    styles: Sequence[WeightedStyle],
    cut: Cut,
    kept: Callable[[Tensor], Tensor],
) -> dict[str, Tensor]:
    """The styles' features at matching places, by layer: the mean of the styles, by share.

    Args:
        content: normalised (1, 3, h, w).
        cut: how the styles' maps are computed; the search is always computed whole.
        kept: converts a style's map to the type in which the result is kept.

    Returns:
        Maps of the content's size.
    """
    size = size_of(content)
    mean: dict[str, Tensor] = {}
    for style in styles if layers else ():
        matches = _search(vgg, architecture, content, style.image)
        of_style = _maps(vgg, architecture.for_styles, layers, style.image, cut)
        for layer in layers:
            found = matches.gathered(kept(of_style.pop(layer)), LAYERS[layer].size(size))
            if layer in mean:
                mean[layer].add_(found, alpha=style.share)
            else:
                mean[layer] = found if style.share == 1 else found.mul_(style.share)
    return mean


def _search(vgg: Vgg, architecture: Architecture, content: Tensor, style: Tensor) -> Matches:
    largest = max(image.shape[-2] * image.shape[-1] for image in (content, style))
    ratio: float = min(1.0, (SEARCH_PIXELS / largest) ** 0.5)
    whole = Cut(None, lambda: None)
    seen = _maps(vgg, architecture, SEARCH_LAYERS, _reduced(content, ratio), whole)
    wanted = _maps(vgg, architecture.for_styles, SEARCH_LAYERS, _reduced(style, ratio), whole)
    seen = {layer: features.to(content.dtype) for layer, features in seen.items()}
    wanted = {layer: features.to(content.dtype) for layer, features in wanted.items()}
    return match(_moved(seen, wanted), wanted, GRID)


def _reduced(image: Tensor, ratio: float) -> Tensor:
    height, width = (max(SMALLEST_SIDE, round(side * ratio)) for side in size_of(image))
    return resize(image, (height, width))


def _maps(
    vgg: Vgg, architecture: Architecture, layers: Sequence[str], image: Tensor, cut: Cut
) -> dict[str, Tensor]:
    """The whole maps of one image."""
    maps = Maps(vgg, layers, size_of(image))
    cut.passes(vgg, architecture, layers).forward(image, maps.add, for_gradient=False)
    return maps.by_layer


def _moved(content: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The content's maps with the means and deviations of the style's."""

    def moments(layer: str, features: Tensor) -> Tensor:
        guide = ChannelMoments(layer)
        return guide.summary(guide.statistic(features), features.numel())

    return {
        layer: moved(features, moments(layer, features), moments(layer, style[layer]))
        for layer, features in content.items()
    }
