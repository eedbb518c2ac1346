"""Builds the objective from a recipe and its pictures: computes the terms' targets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from neural_style.engine.network.passes import WHOLE, Window
from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.collecting import Cut, Seen, View, Wanted, WeightedStyle
from neural_style.engine.objective.compact import KeptMap, as_it_is, compact
from neural_style.engine.objective.comparison import Comparison, MapComparison, SummaryComparison
from neural_style.engine.objective.matched import Search, searched_layers
from neural_style.engine.objective.objective import Objective
from neural_style.engine.objective.of_styles import OfStyles, of_styles
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.objective.targets import KeptTarget, Target
from neural_style.engine.picture.resize import size_of
from neural_style.engine.recipe import Recipe
from neural_style.engine.share import WHOLE as ALONE
from neural_style.engine.share import Bands, Share, Span, whole
from neural_style.engine.terms.base import (
    LEAST_SQUARE,
    FeatureTerm,
    Guides,
    MapTerm,
    PixelTerm,
    Rows,
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
    features = [term for term in recipe.terms if isinstance(term, FeatureTerm) and term.weight]
    pixels = [term for term in recipe.terms if isinstance(term, PixelTerm) and term.weight]
    cut = Cut(tiling, check, bands.share)
    with torch.no_grad():
        network, comparisons = _compared(
            View(vgg, recipe.architecture, cut, compact if compactly else as_it_is),
            features,
            content,
            styles,
            cache or StyleCache(),
            bands,
        )
        pairs = [(style.image, style.share) for style in styles]
        pixels = [term.fitted_to(content, pairs, bands) for term in pixels]
    band = BAND_PIXELS if tiling else content.shape[-2] * content.shape[-1]
    passes = cut.passes(network, recipe.architecture, _layers(features), bands)
    return Objective(passes, comparisons, pixels, band, bands)


def _compared(
    view: View,
    terms: Sequence[FeatureTerm],
    content: Tensor,
    styles: Sequence[WeightedStyle],
    cache: StyleCache,
    bands: Bands,
) -> tuple[Vgg, list[Comparison]]:
    """The network for pictures like ``content``, and the terms with their targets.

    Each image passes through the network once where it is computed whole. Of a large one the search
    looks at a small copy, which is another image.
    """
    matched = _layers(term for term in _map_terms(terms) if term.needs_matches)
    searched = searched_layers(content, styles, bands) if matched and view.is_whole else ()
    wanted = _wanted_of_content(terms, searched)
    # If the search needs the content's maps, they are made before the styles'; if not, later, when
    # the styles' are not needed any more.
    fitted = functools.cache(
        lambda: view.vgg.fitted_to(
            lambda unrounded: replace(view, vgg=unrounded).of(content, wanted, bands), bands.share
        )
    )
    found = of_styles(
        replace(view, architecture=view.architecture.for_styles),
        styles,
        Wanted(matched, _measures(terms)),
        Search(view, content, bands, (lambda: fitted()[1].maps) if searched else None),
        cache,
    )
    network, seen = fitted()
    return network, _comparisons(terms, seen, found, view, bands)


def _comparisons(
    terms: Sequence[FeatureTerm],
    content: Seen,
    styles: OfStyles,
    view: View,
    bands: Bands,
) -> list[Comparison]:
    """The terms with their targets; maps that no other term needs are let go on the way."""
    found = []
    for place, term in enumerate(terms, 1):
        found.append(_comparison(term, content, styles, view, bands))
        if term.layer not in _layers(_map_terms(terms[place:])):
            content.maps.pop(term.layer, None)
            styles.matched.pop(term.layer, None)
    return found


def _comparison(
    term: FeatureTerm,
    content: Seen,
    styles: OfStyles,
    view: View,
    bands: Bands,
) -> Comparison:
    """The term with its target and with its weight for that target."""
    if isinstance(term, MapTerm):
        guide = term.guide
        guides = Guides(
            content.summaries[guide] if guide else None,
            styles.summaries[guide] if guide else None,
        )
        matched = styles.matched[term.layer] if term.needs_matches else None
        target = _target(term, content.maps.get(term.layer), matched, guides, view)
        return MapComparison(_with_relative_weight(term, target, bands.share), target)
    if isinstance(term, SummaryTerm):
        summary = styles.summaries[term.unweighted]
        return SummaryComparison(_with_relative_weight(term, KeptTarget(summary), ALONE), summary)
    raise TypeError(f"{type(term).__name__} compares neither maps nor summaries")


def _target(
    term: MapTerm, features: Tensor | None, matched: Target | None, guides: Guides, view: View
) -> Target:
    """The term's target, in the type in which it is kept.

    What is kept in half of its size is computed a few rows at a time, so that no map is held in its
    full size.

    Args:
        features: the content's map of the term's layer, in this process's rows.
        matched: see :class:`~neural_style.engine.terms.base.Guides`.
        guides: the others.
    """
    if not term.needs_content:
        assert matched is not None  # there is nothing else to compare with
        return matched
    assert features is not None  # it was asked for
    dtype = view.vgg.dtype
    if features.dtype == dtype:
        found = None if matched is None else matched.at(WHOLE, dtype)
        return KeptTarget(view.kept(term.target(features, replace(guides, matched=found))))
    size, width = size_of(features), features.shape[1] * features.shape[3]
    target, many = KeptMap(size, view.kept), max(1, LARGE_MAP // width)
    for start in range(0, size[0], many):
        span = Span(start, min(size[0], start + many))
        rows: Window = (..., span.slice, slice(None))
        found = None if matched is None else matched.at(rows, dtype)
        part = replace(guides, matched=found, place=Rows(size, span))
        target.put(term.target(features[rows].to(dtype), part), rows)
    assert target.whole is not None  # a map has rows
    return KeptTarget(target.whole)


def _map_terms(terms: Iterable[FeatureTerm]) -> list[MapTerm]:
    return [term for term in terms if isinstance(term, MapTerm)]


def _layers(terms: Iterable[FeatureTerm]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.layer for term in terms))


def _guides(terms: Iterable[FeatureTerm]) -> tuple[Summary, ...]:
    """The summaries that the map terms need of content and styles, each once."""
    guides = (term.guide for term in _map_terms(terms))
    return tuple(dict.fromkeys(guide for guide in guides if guide))


def _wanted_of_content(terms: Sequence[FeatureTerm], searched: Sequence[str]) -> Wanted:
    """What the terms compare with, and the layers that the search wants.

    All terms' layers are visited, because a quantised network calibrates on each of them.
    """
    compared = _layers(term for term in _map_terms(terms) if term.needs_content)
    maps = tuple(dict.fromkeys((*compared, *searched)))
    return Wanted(maps, _guides(terms), visited=_layers(terms))


def _measures(terms: Sequence[FeatureTerm]) -> tuple[Summary, ...]:
    """The summaries of the styles that the terms compare with or are guided by, each once."""
    compared = [term.unweighted for term in terms if isinstance(term, SummaryTerm)]
    return tuple(dict.fromkeys((*compared, *_guides(terms))))


def _with_relative_weight(term: F, target: Target, share: Share) -> F:
    """The term; if it is relative, its weight is divided by the target's mean square.

    Args:
        share: of the processes that have the other rows of the target.
    """
    if not term.relative:
        return term
    return replace(term, weight=term.weight / max(_mean_square(target, share), LEAST_SQUARE))


def _mean_square(target: Target, share: Share) -> float:
    if share.count == 1 and target.values <= LARGE_MAP:
        return _wide(target.at(WHOLE, target.dtype)).square().mean().item()
    # A float32 copy of a large map would need too much memory.
    if share.count == 1:
        rows = torch.stack([_wide(row).square().sum() for row in target.rows()])
        return float(sum(rows.tolist())) / target.values
    own = torch.stack([_wide(row).square().sum(dtype=torch.float64) for row in target.rows()]).sum()
    total, elements = share.total(torch.stack((own, torch.full_like(own, target.values))))
    return float(total / elements)


def _wide(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
