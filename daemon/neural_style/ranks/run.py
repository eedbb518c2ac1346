"""One stylisation over ranks, from the coarsest scale to the finest.

A scale with enough rows is computed in bands. At a smaller one, which costs little, each rank
computes all of the picture, and then all take the first one's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.fitted import RunContext
from neural_style.engine.picture.banded_resize import resize_band
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.picture.palette import Palette
from neural_style.engine.picture.resize import Size, resize_as_textbook, size_of
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.scale_run import Painting, ScaleRun
from neural_style.engine.share import WHOLE, Bands, Share, agreed, bands_of
from neural_style.engine.starting import carried_paint, first_paint, styles_at
from neural_style.engine.task import Checkpoint, StyleImage
from neural_style_protocol.errors import SettingsError

LEAST_ROWS = 64
"""A scale with fewer rows for each rank is computed whole by each of them. The halos of such a band
would be as large as itself."""


@dataclass(frozen=True)
class Content:
    """The content image.

    Attributes:
        pixels: this rank's own rows, (3, rows, width) in [0, 1].
        bands: who has which rows.
    """

    pixels: Tensor
    bands: Bands

    @property
    def size(self) -> Size:
        return self.bands.height, self.pixels.shape[2]


@dataclass(frozen=True)
class Work:
    """What is to be painted.

    Attributes:
        styles: with their shares, which sum to one; whole, in each rank.
        least_rows: see :data:`LEAST_ROWS`.
    """

    content: Content
    styles: tuple[tuple[StyleImage, float], ...]
    recipe: Recipe
    least_rows: int = LEAST_ROWS

    def bands_at(self, scale: Scale) -> Bands:
        """The rows of each rank at a scale."""
        share = self.content.bands.share
        height = scale.size[0]
        return bands_of(share if height >= self.least_rows * share.count else WHOLE, height)


@dataclass(frozen=True)
class Place:
    """How far a run is.

    Attributes:
        scale: index in the recipe.
        evaluation: evaluations done at that scale.
        step: evaluations done at all scales.
    """

    scale: int
    evaluation: int
    step: int


class Watch(Protocol):
    """Is told of each evaluation, in each rank."""

    def __call__(self, place: Place, losses: Losses, at_scale: ScaleRun, bands: Bands) -> None: ...


ContextFor = Callable[[Share], RunContext]
"""Gives the run's surroundings for a scale in bands, or for one that each rank computes whole."""


def check_recipe(recipe: Recipe, content: Size) -> None:
    """Refuse what cannot be computed in bands.

    Raises:
        SettingsError: with the reason.
    """
    if recipe.architecture.padding == "circular":
        raise SettingsError(
            "A picture that repeats cannot be painted over ranks.",
            next_step="Leave out --tileable, or use `neural-style stylize`.",
        )
    if recipe.resampling == "textbook" and recipe.size != content:
        raise SettingsError(
            "The preset textbook paints over ranks at the picture's own size only.",
            next_step="Leave out --size, or choose another preset.",
        )


def paint(
    work: Work, context_for: ContextFor, watch: Watch, resumed: Checkpoint | None = None
) -> Painting:
    """Run all scales; returns this rank's rows of the result.

    Args:
        resumed: an iterate of a scale in bands: ``image`` is not used but for its size, and
            ``state`` has this rank's rows.

    Raises:
        MemoryError, RuntimeError: memory ran out in this rank.
        RankLost: another one was lost.
    """
    recipe = work.recipe
    palettes = tuple((Palette.of(style.pixels), share) for style, share in work.styles)
    first, step = (resumed.scale, resumed.step) if resumed else (0, 0)
    best: Painting | None = None
    for place, scale in enumerate(recipe.scales[first:], first):
        again = resumed if resumed and place == first else None
        bands = work.bands_at(scale)
        context = context_for(bands.share)
        at_scale = ScaleRun(
            recipe,
            scale,
            context,
            partial(_begin, work, scale, bands, palettes, best, again, context),
            partial(_styles, work, scale),
            again,
        )
        for evaluation in range(at_scale.first_evaluation, scale.evaluations + 1):
            at_scale.step()
            step += 1
            watch(Place(place, evaluation, step), at_scale.losses, at_scale, bands)
            if at_scale.converged:
                break
        best = _the_same_for_all(at_scale.best, bands, work.content.bands.share)
        del at_scale  # it holds much that the next scale does not need
    assert best is not None  # a recipe has at least one scale
    return best


def untouched(work: Work) -> Tensor:
    """This rank's rows of the content itself, at the result's size: (3, rows, width)."""
    bands = work.bands_at(work.recipe.scales[-1])
    return _pixels_at(work, bands, work.recipe.size[1]).float().cpu()


def _styles(work: Work, scale: Scale, device: torch.device) -> list[WeightedStyle]:
    return styles_at(work.styles, scale.size, device, work.recipe)


def _begin(
    work: Work,
    scale: Scale,
    bands: Bands,
    palettes: Sequence[tuple[Palette, float]],
    before: Painting | None,
    resumed: Checkpoint | None,
    context: RunContext,
    plan: ExecutionPlan,
) -> Painting:
    """What a scale begins with: ``before`` is the best painting of the coarser one."""
    recipe, device = work.recipe, plan.device
    pixels = _pixels_at(work, bands, scale.size[1]).to(device)
    detail = None if recipe.start == "noise" else pixels
    canvas = Canvas(pixels, detail, None, tuple(palettes), bands=bands)
    if resumed is not None and resumed.state is not None:
        return Painting(canvas, resumed.state["point"].to(pixels))
    styles = partial(_styles, work, scale, device)
    if before is None:
        return Painting(canvas, first_paint(canvas, styles, recipe))
    vgg = context.network(plan)
    return Painting(canvas, carried_paint(before.on(device), canvas, styles, vgg, recipe))


def _pixels_at(work: Work, bands: Bands, width: int) -> Tensor:
    """The content's rows at a scale: (3, rows, width) in [0, 1]."""
    content = work.content
    pixels = content.pixels
    if work.recipe.resampling == "textbook":  # at the content's own size: it is rounded
        pixels = resize_as_textbook(pixels, size_of(pixels))
    if not bands.are_one:
        return resize_band(pixels, content.bands, bands, width).clamp(0, 1)
    own = content.bands.resized(bands.height)
    resized = resize_band(pixels, content.bands, own, width)
    return content.bands.share.complete(resized, own.spans, own.everywhere()).clamp(0, 1)


def _the_same_for_all(best: Painting, bands: Bands, share: Share) -> Painting:
    """The first rank's painting, if each has painted all of it."""
    if not bands.are_one:
        return best
    return replace(best, paint=agreed(share, best.paint))
