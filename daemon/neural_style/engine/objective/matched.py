"""The places in the styles that look most like each position of the content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from torch import Tensor

from neural_style.engine.checks import SMALLEST_SIDE
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.objective.collecting import Cut, View, Wanted, WeightedStyle
from neural_style.engine.objective.compact import as_it_is
from neural_style.engine.objective.left_out import kept_places
from neural_style.engine.objective.matching import Matches, match
from neural_style.engine.picture.banded_resize import resize_band
from neural_style.engine.picture.resize import Size, resize, size_of
from neural_style.engine.share import Bands, Share, Span, agreed
from neural_style.engine.terms.base import SEARCH_PIXELS
from neural_style.engine.terms.moved_content import ChannelMoments, moved

SEARCH_LAYERS = ("relu2_1", "relu3_1", "relu4_1")
GRID = "relu3_1"
"""Places are matched by these layers, at the positions of that one."""


def search_sizes(content: Size, style: Size) -> tuple[Size, Size]:
    """The sizes at which content and style are searched: their own, unless one is too large."""
    largest = max(height * width for height, width in (content, style))
    ratio: float = min(1.0, (SEARCH_PIXELS / largest) ** 0.5)
    return _reduced(content, ratio), _reduced(style, ratio)


def searched_layers(
    content: Tensor, styles: Iterable[WeightedStyle], bands: Bands
) -> tuple[str, ...]:
    """The layers of the content image's own maps in which a style is searched, if any."""
    size = bands.height, content.shape[-1]
    found = (search_sizes(size, size_of(style.image))[0] for style in styles)
    return SEARCH_LAYERS if size in found else ()


class Search:
    """Searches styles for places like those of one content image.

    The search is always computed whole. The content's maps are kept for the next style.

    Args:
        view: how the content image is seen, apart from tiles.
        content: this process's rows, normalised (1, 3, rows, w).
        bands: the rows of the picture.
        own_maps: gives the content's maps of :func:`searched_layers`; None computes them.
    """

    def __init__(
        self,
        view: View,
        content: Tensor,
        bands: Bands,
        own_maps: Callable[[], Mapping[str, Tensor]] | None = None,
    ) -> None:
        self._content_view = replace(view, cut=Cut(None, lambda: None), kept=as_it_is)
        self._style_view = replace(self._content_view, architecture=view.architecture.for_styles)
        self._content = content
        self._bands = bands
        self._size = bands.height, content.shape[-1]
        self._own_maps = own_maps
        self._seen: Mapping[str, Tensor] = {}
        self._seen_at: Size | None = None

    def layers_of(self, style: Size) -> tuple[str, ...]:
        """The layers whose maps :meth:`matches` can use, if a style image has that size."""
        _, style_size = search_sizes(self._size, style)
        return SEARCH_LAYERS if style_size == style else ()

    def place_of(self, layer: str) -> tuple[Size, Span]:
        """The size of the content's map of a layer, and this process's rows of it."""
        table = LAYERS[layer]
        return table.size(self._size), self._bands.halved(table.block - 1).own

    def matches(self, style: WeightedStyle, style_maps: Mapping[str, Tensor] | None) -> Matches:
        """The places in a style image for each position of the content.

        Args:
            style_maps: those of :meth:`layers_of` its size; None computes them.
        """
        size, style_size = search_sizes(self._size, size_of(style.image))
        if style_maps is None:
            small = resize(style.image, style_size)
            style_maps = self._style_view.of_whole(small, Wanted(SEARCH_LAYERS)).maps
        wide = self._content.dtype
        seen = {layer: each.to(wide) for layer, each in self._content_maps(size).items()}
        wanted = {layer: style_maps[layer].to(wide) for layer in SEARCH_LAYERS}
        return matched_places(_moved(seen, wanted), wanted, style.left_out, self._bands.share)

    def _content_maps(self, size: Size) -> Mapping[str, Tensor]:
        if self._seen_at != size:
            self._seen, self._seen_at = {}, size  # frees the others first
            if size == self._size and self._own_maps is not None:
                maps = self._own_maps()
            else:
                small = all_rows(self._content, size, self._bands)
                maps = self._content_view.of_whole(small, Wanted(SEARCH_LAYERS)).maps
            self._seen = {layer: maps[layer] for layer in SEARCH_LAYERS}
        return self._seen


def matched_places(
    seen: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    left_out: Tensor | None,
    share: Share,
) -> Matches:
    """The places of a style, the same in all processes, for each position of a picture.

    Args:
        seen, wanted: the maps of the picture and of the style, as for
            :func:`~neural_style.engine.objective.matching.match`.
        left_out: of the style, where nothing is found; see :class:`WeightedStyle`.
        share: of the processes that need the same places.
    """
    kept = None if left_out is None else kept_places(left_out, size_of(wanted[GRID]))
    found = match(seen, wanted, GRID, kept)
    return Matches(agreed(share, found.places), found.style)


def _reduced(size: Size, ratio: float) -> Size:
    height, width = (max(SMALLEST_SIDE, round(side * ratio)) for side in size)
    return height, width


def all_rows(content: Tensor, size: Size, bands: Bands) -> Tensor:
    """The whole content image at a small size."""
    small = bands.resized(size[0])
    own = resize_band(content, bands, small, size[1])
    return bands.share.complete(own, small.spans, small.everywhere())


def _moved(content: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The content's maps with the means and deviations of the style's."""

    def moments(layer: str, features: Tensor) -> Tensor:
        guide = ChannelMoments(layer)
        return guide.summary(guide.statistic(features), features.numel())

    return {
        layer: moved(features, moments(layer, features), moments(layer, style[layer]))
        for layer, features in content.items()
    }
