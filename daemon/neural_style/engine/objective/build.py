"""Builds the objective from a recipe and its pictures: computes the terms' targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

from neural_style.engine.network.passes import Passes, Window
from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.collecting import Cut, Maps, Sums, WeightedStyle
from neural_style.engine.objective.compact import compact
from neural_style.engine.objective.comparison import Comparison, MapComparison, SummaryComparison
from neural_style.engine.objective.matched import matched_maps
from neural_style.engine.objective.objective import Objective
from neural_style.engine.objective.style_cache import StyleCache, Summaries
from neural_style.engine.recipe import Recipe
from neural_style.engine.share import WHOLE as ALONE
from neural_style.engine.share import Bands, Share, whole
from neural_style.engine.terms.base import (
    LEAST_SQUARE,
    FeatureTerm,
    Guides,
    MapTerm,
    PixelTerm,
    Summary,
    SummaryTerm,
)

F = TypeVar("F", bound=FeatureTerm)

BAND_PIXELS = 1 << 18
"""Pixels in a band of rows, if the picture is computed in tiles."""

LARGE_MAP = 1 << 20
"""Larger maps, in values, are not copied as a whole."""


def build_objective(
    vgg: Vgg,
    recipe: Recipe,
    content: Tensor,
    styles: Sequence[WeightedStyle],
    *,
    tiling: Tiling | None = None,
    check: Callable[[], None] = lambda: None,
    cache: StyleCache | None = None,
    bands: Bands | None = None,
    compactly: bool = False,
) -> Objective:
    """The objective of ``recipe`` for pictures like ``content``.

    Args:
        content: the content image, normalised (1, 3, h, w).
        styles: the whole style images.
        tiling: how the network is divided; None computes the picture whole.
        check: called before every tile; an exception that it raises ends the computation.
        cache: summaries of style images from earlier runs.
        bands: the rows of the picture that ``content`` has; None for all of them. If other
            processes have the others, there must be a tiling.
        compactly: whether maps that are only kept to be compared with are rounded to float16.
    """
    bands = bands or whole(content.shape[-2])
    kept = compact if compactly else _as_it_is
    features = [term for term in recipe.terms if isinstance(term, FeatureTerm) and term.weight]
    pixels = [term for term in recipe.terms if isinstance(term, PixelTerm) and term.weight]
    cut = Cut(tiling, check, bands.share)
    with torch.no_grad():
        summaries = _style_summaries(vgg, recipe, features, styles, cut, cache or StyleCache())
        matched = matched_maps(
            vgg, recipe.architecture, _matched_layers(features), content, styles, cut, kept, bands
        )
        network, of_content = vgg.fitted_to(
            lambda unrounded: _content_features(unrounded, recipe, features, content, cut, bands),
            bands.share,
        )
        comparisons = _comparisons(features, of_content, summaries, matched, kept, bands.share)
        pairs = [(style.image, style.share) for style in styles]
        pixels = [term.fitted_to(content, pairs, bands) for term in pixels]
    band = BAND_PIXELS if tiling else content.shape[-2] * content.shape[-1]
    passes = cut.passes(network, recipe.architecture, _layers(features), bands)
    return Objective(passes, comparisons, pixels, band, bands)


def _as_it_is(features: Tensor) -> Tensor:
    return features


@dataclass(frozen=True)
class _ContentFeatures:
    """The content image's maps, by layer, in this process's rows, and its summaries."""

    maps: dict[str, Tensor]
    summaries: Summaries


def _comparisons(
    terms: Sequence[FeatureTerm],
    content: _ContentFeatures,
    of_styles: Summaries,
    matched: dict[str, Tensor],
    kept: Callable[[Tensor], Tensor],
    share: Share,
) -> list[Comparison]:
    """The terms with their targets; maps that no other term needs are let go on the way."""
    found = []
    for place, term in enumerate(terms, 1):
        found.append(_comparison(term, content, of_styles, matched, kept, share))
        if term.layer not in {later.layer for later in terms[place:] if isinstance(later, MapTerm)}:
            content.maps.pop(term.layer, None)
            matched.pop(term.layer, None)
    return found


def _comparison(
    term: FeatureTerm,
    content: _ContentFeatures,
    of_styles: Summaries,
    matched: Mapping[str, Tensor],
    kept: Callable[[Tensor], Tensor],
    share: Share,
) -> Comparison:
    """The term with its target and with its weight for that target."""
    if isinstance(term, MapTerm):
        guide = term.guide
        guides = Guides(
            content.summaries[guide] if guide else None,
            of_styles[guide] if guide else None,
            matched[term.layer] if term.needs_matches else None,
        )
        features = content.maps[term.layer] if term.needs_content else torch.empty(0)
        target = kept(term.target(features, guides))
        return MapComparison(_with_relative_weight(term, target, share), target)
    if isinstance(term, SummaryTerm):
        target = of_styles[term.unweighted]
        return SummaryComparison(_with_relative_weight(term, target, ALONE), target)
    raise TypeError(f"{type(term).__name__} compares neither maps nor summaries")


def _guides(terms: Iterable[FeatureTerm]) -> list[Summary]:
    """The summaries that the map terms need of content and styles, each once."""
    guides = (term.guide for term in terms if isinstance(term, MapTerm))
    return list(dict.fromkeys(guide for guide in guides if guide))


def _matched_layers(terms: Iterable[FeatureTerm]) -> list[str]:
    return _layers(term for term in terms if isinstance(term, MapTerm) and term.needs_matches)


def _layers(terms: Iterable[FeatureTerm | Summary]) -> list[str]:
    return list(dict.fromkeys(term.layer for term in terms))


def _content_features(
    vgg: Vgg,
    recipe: Recipe,
    terms: Sequence[FeatureTerm],
    image: Tensor,
    cut: Cut,
    bands: Bands,
) -> _ContentFeatures:
    """The content image's maps for the map terms, in the network's precision, and their summaries.

    Visits the layers of all terms, because a quantised network calibrates on each of them.
    """
    compared = [term for term in terms if isinstance(term, MapTerm) and term.needs_content]
    maps = Maps(vgg, (term.layer for term in compared), bands, image.shape[-1])
    summaries = Sums(_guides(terms))

    def visit(layer: str, features: Tensor, window: Window) -> None:
        summaries.add(layer, features)
        maps.add(layer, features, window)

    passes = cut.passes(vgg, recipe.architecture, _layers(terms), bands)
    passes.forward(image, visit, for_gradient=False)
    return _ContentFeatures(maps.by_layer, summaries.finished(bands, image.shape[-1]))


def _style_summaries(
    vgg: Vgg,
    recipe: Recipe,
    terms: Sequence[FeatureTerm],
    styles: Sequence[WeightedStyle],
    cut: Cut,
    cache: StyleCache,
) -> Summaries:
    """What terms need of the styles: the mean of their summaries, weighted by share."""
    measures: list[Summary] = [
        term.unweighted for term in terms if isinstance(term, SummaryTerm)
    ] + _guides(terms)
    architecture = recipe.architecture.for_styles
    mean: Summaries = {}
    for style in styles if measures else ():

        def compute(image: Tensor = style.image) -> Summaries:
            bands = cut.bands(image.shape[-2])
            passes = cut.passes(vgg, architecture, _layers(measures), bands)
            return _summaries(passes, measures, image, bands)

        found = cache.summaries(vgg, style.image, measures, architecture, compute)
        for measure in measures:
            share = style.share * found[measure]
            mean[measure] = mean[measure] + share if measure in mean else share
    return mean


def _summaries(
    passes: Passes, measures: Sequence[Summary], image: Tensor, bands: Bands
) -> Summaries:
    """The summaries of one style image, of which this process computes its rows."""
    sums = Sums(measures)
    passes.forward(
        image[..., bands.own.slice, :],
        lambda layer, features, window: sums.add(layer, features),
        for_gradient=False,
    )
    return sums.finished(bands, image.shape[-1])


def _with_relative_weight(term: F, target: Tensor, share: Share) -> F:
    """The term; if it is relative, its weight is divided by the target's mean square.

    Args:
        share: of the processes that have the other rows of the target.
    """
    if not term.relative:
        return term
    return replace(term, weight=term.weight / max(_mean_square(target, share), LEAST_SQUARE))


def _mean_square(target: Tensor, share: Share) -> float:
    wide = torch.promote_types(target.dtype, torch.float32)
    if share.count > 1:
        own = torch.zeros((), dtype=torch.float64, device=target.device)
        for row in target.unbind(-2):
            own += row.to(wide).square().sum(dtype=torch.float64)
        total, elements = share.total(torch.stack((own, torch.full_like(own, target.numel()))))
        return float(total / elements)
    if target.numel() <= LARGE_MAP:
        return target.to(wide).square().mean().item()
    # A float32 copy would need too much memory.
    rows = torch.stack([row.to(wide).square().sum() for row in target.unbind(-2)])
    return float(sum(rows.tolist())) / target.numel()
