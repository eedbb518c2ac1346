"""What terms need of the style images: their summaries, and their features at matching places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from neural_style.engine.network.layers import LAYERS
from neural_style.engine.objective.collecting import View, Wanted, WeightedStyle
from neural_style.engine.objective.matched import Search
from neural_style.engine.objective.matching import features_at
from neural_style.engine.objective.style_cache import StyleCache, Summaries
from neural_style.engine.objective.targets import Found, KeptTarget, LookedUp, Target
from neural_style.engine.picture.resize import size_of


@dataclass(frozen=True)
class OfStyles:
    """The means over the style images, weighted by share.

    Attributes:
        summaries: those that were asked for.
        matched: their features at the places that look most like each position of the content, by
            layer: maps of the content's size, in this process's rows.
    """

    summaries: Summaries
    matched: dict[str, Target]


def of_styles(
    view: View,
    styles: Sequence[WeightedStyle],
    wanted: Wanted,
    search: Search,
    cache: StyleCache,
) -> OfStyles:
    """See :class:`OfStyles`.

    Args:
        view: how style images are seen.
        wanted: the summaries, and the layers of the matched maps.
        search: finds the places.
        cache: summaries from earlier runs.
    """
    summaries: Summaries = {}
    kept: dict[str, Tensor] = {}
    looked_up: dict[str, list[Found]] = {
        layer: [] for layer in wanted.maps if _is_looked_up(view, styles, search, layer)
    }
    for style in styles:
        searched = search.layers_of(size_of(style.image)) if wanted.maps and view.is_whole else ()
        both = tuple(dict.fromkeys((*wanted.maps, *searched)))
        passing = _Passing(view, style, replace(wanted, maps=both), cache)
        for measure, summary in passing.summaries().items():
            share = style.share * summary
            summaries[measure] = summaries[measure] + share if measure in summaries else share
        if not wanted.maps:
            continue
        matches = search.matches(style, passing.maps() if searched else None)
        maps = passing.maps()
        for layer in wanted.maps:
            size, rows = search.place_of(layer)
            features = view.kept(maps.pop(layer))
            places = matches.positions(size_of(features), size, rows)
            if layer in looked_up:
                looked_up[layer].append(Found(style.share, features, places))
                continue
            found = features_at(features, places)
            if layer in kept:
                kept[layer].add_(found, alpha=style.share)
            else:
                kept[layer] = found if style.share == 1 else found.mul_(style.share)
    matched: dict[str, Target] = {layer: KeptTarget(whole) for layer, whole in kept.items()}
    matched |= {layer: LookedUp(tuple(found)) for layer, found in looked_up.items()}
    return OfStyles(summaries, matched)


def _is_looked_up(view: View, styles: Sequence[WeightedStyle], search: Search, layer: str) -> bool:
    """Whether the styles' maps of a layer are smaller than the matched one, in tiles."""
    size, rows = search.place_of(layer)
    of_styles = (LAYERS[layer].size(size_of(style.image)) for style in styles)
    return not view.is_whole and sum(h * w for h, w in of_styles) < len(rows) * size[1]


class _Passing:
    """One style image, which passes through the network once if it is computed whole.

    In tiles its maps have a pass of their own. The deeper a pass goes, the wider are its halos, and
    some arithmetics round by where a tile with its halo begins.
    """

    def __init__(self, view: View, style: WeightedStyle, wanted: Wanted, cache: StyleCache) -> None:
        self._view = view
        self._style = style
        self._wanted = wanted
        self._cache = cache
        self._maps: dict[str, Tensor] = {}

    def summaries(self) -> Summaries:
        """The wanted summaries; if they are computed now, so are the maps, if that is one pass."""
        measures, view = self._wanted.measures, self._view
        if not measures:
            return {}
        return self._cache.summaries(
            view.vgg,
            self._style.image,
            measures,
            view.architecture,
            self._summarised,
            self._style.left_out,
        )

    def maps(self) -> dict[str, Tensor]:
        """The wanted maps, whole. What is taken out of them is let go."""
        if not self._maps:
            self._maps = self._view.of_whole(self._style.image, Wanted(self._wanted.maps)).maps
        return self._maps

    def _summarised(self) -> Summaries:
        wanted = self._wanted if self._view.is_whole else replace(self._wanted, maps=())
        seen = self._view.of_whole(self._style.image, wanted, self._style.left_out)
        self._maps = seen.maps
        return seen.summaries
