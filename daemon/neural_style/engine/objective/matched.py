"""The styles' features at the places that look most like each position of the content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from neural_style.engine.checks import SMALLEST_SIDE
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.collecting import Cut, Maps, WeightedStyle
from neural_style.engine.objective.matching import Matches, match
from neural_style.engine.picture.banded_resize import resize_band
from neural_style.engine.picture.resize import Size, resize, size_of
from neural_style.engine.share import Bands, agreed, whole
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
    bands: Bands | None = None,
) -> dict[str, Tensor]:
    """The styles' features at matching places, by layer: the mean of the styles, by share.

    Args:
        content: normalised (1, 3, h, w).
        cut: how the styles' maps are computed; the search is always computed whole.
        kept: converts a style's map to the type in which the result is kept.
        bands: the rows of the picture that ``content`` has; None for all of them.

    Returns:
        Maps of the content's size.
    """
    bands = bands or whole(content.shape[-2])
    size = bands.height, content.shape[-1]
    mean: dict[str, Tensor] = {}
    for style in styles if layers else ():
        matches = _search(vgg, architecture, content, style.image, bands)
        of_style = _maps(vgg, architecture.for_styles, layers, style.image, cut)
        for layer in layers:
            table = LAYERS[layer]
            rows = bands.halved(table.block - 1).own
            found = matches.gathered(kept(of_style.pop(layer)), table.size(size), rows)
            if layer in mean:
                mean[layer].add_(found, alpha=style.share)
            else:
                mean[layer] = found if style.share == 1 else found.mul_(style.share)
    return mean


def _search(
    vgg: Vgg, architecture: Architecture, content: Tensor, style: Tensor, bands: Bands
) -> Matches:
    size, style_size = (bands.height, content.shape[-1]), size_of(style)
    largest = max(height * width for height, width in (size, style_size))
    ratio: float = min(1.0, (SEARCH_PIXELS / largest) ** 0.5)
    cut = Cut(None, lambda: None)
    small = _all_rows(content, _reduced(size, ratio), bands)
    small_style = resize(style, _reduced(style_size, ratio))
    seen = _maps(vgg, architecture, SEARCH_LAYERS, small, cut)
    wanted = _maps(vgg, architecture.for_styles, SEARCH_LAYERS, small_style, cut)
    seen = {layer: features.to(content.dtype) for layer, features in seen.items()}
    wanted = {layer: features.to(content.dtype) for layer, features in wanted.items()}
    found = match(_moved(seen, wanted), wanted, GRID)
    return Matches(agreed(bands.share, found.places), found.style)


def _reduced(size: Size, ratio: float) -> Size:
    height, width = (max(SMALLEST_SIDE, round(side * ratio)) for side in size)
    return height, width


def _all_rows(content: Tensor, size: Size, bands: Bands) -> Tensor:
    """The whole content image at a small size."""
    small = bands.resized(size[0])
    own = resize_band(content, bands, small, size[1])
    return bands.share.complete(own, small.spans, small.everywhere())


def _maps(
    vgg: Vgg, architecture: Architecture, layers: Sequence[str], image: Tensor, cut: Cut
) -> dict[str, Tensor]:
    """The whole maps of one image."""
    height, width = size_of(image)
    bands = cut.bands(height)
    maps = Maps(vgg, layers, bands, width)
    own = image[..., bands.own.slice, :]
    cut.passes(vgg, architecture, layers, bands).forward(own, maps.add, for_gradient=False)
    return {layer: _whole_map(maps.by_layer[layer], layer, bands) for layer in layers}


def _whole_map(own: Tensor, layer: str, bands: Bands) -> Tensor:
    of_map = bands.halved(LAYERS[layer].block - 1)
    return bands.share.complete(own, of_map.spans, of_map.everywhere())


def _moved(content: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The content's maps with the means and deviations of the style's."""

    def moments(layer: str, features: Tensor) -> Tensor:
        guide = ChannelMoments(layer)
        return guide.summary(guide.statistic(features), features.numel())

    return {
        layer: moved(features, moments(layer, features), moments(layer, style[layer]))
        for layer, features in content.items()
    }
