"""What a picture costs each rank: memory, what it sends to others, and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from neural_style.engine.minimise.enlarged_rows import rows_for_enlarged, rows_for_gathered
from neural_style.engine.minimise.steps import LbfgsSteps
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.tiles.vgg import COLOURS, TiledVgg
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.picture.resize import Size, size_of
from neural_style.engine.plan.estimate import Calibration, expected_at
from neural_style.engine.plan.execution_plan import ExecutionPlan, candidate_plans, peak_bytes
from neural_style.engine.plan.planner import minimiser_at
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.share import Bands, Spans
from neural_style.engine.terms.base import (
    ROWS_BELOW,
    FeatureTerm,
    MapTerm,
    PixelTerm,
    SummaryTerm,
    values_kept,
)
from neural_style.ranks.run import Work

PICTURE_BYTES = 4
"""Of a value of a picture, which is in float32."""

HALO_ROWS = 64
"""A band's maps and pictures have at most so many rows more than the band itself."""


@dataclass(frozen=True)
class Traffic:
    """What one rank sends in one evaluation, in bytes.

    Attributes:
        rows: of maps, pictures and their gradients, to its neighbours.
        sums: of statistics, to all others: as many as a sum by a ring takes.
    """

    rows: int
    sums: int

    @property
    def bytes(self) -> int:
        return self.rows + self.sums


@dataclass(frozen=True)
class Cost:
    """What the picture costs one rank.

    Attributes:
        memory: the peak, in bytes, on the device that computes.
        traffic: at the finest scale.
        seconds: of computing, at all scales, without the time for the traffic.
        sent: bytes at all scales.
    """

    memory: int
    traffic: Traffic
    seconds: float
    sent: int


def plans_at(work: Work, scale: Scale, device: torch.device) -> list[ExecutionPlan]:
    """The ways to compute this rank's part of a scale, from the fastest to the leanest."""
    size = part_of(work, scale)
    plans = [plan for plan in candidate_plans(size, device) if plan.device == device]
    if work.bands_at(scale).are_one:
        return plans
    return [plan for plan in plans if plan.tile is not None]


def part_of(work: Work, scale: Scale) -> Size:
    """The size of this rank's part of a scale, with its halo."""
    bands = work.bands_at(scale)
    halo = 0 if bands.are_one else HALO_ROWS
    return len(bands.own) + halo, scale.size[1]


def memory_at(work: Work, scale: Scale, plan: ExecutionPlan, dtype: torch.dtype) -> int:
    """This rank's peak at a scale, in bytes, with the content image and the styles."""
    minimiser = minimiser_at(work.recipe, scale.size)
    targets = values_kept(work.recipe.terms)
    found = peak_bytes(plan, part_of(work, scale), dtype, minimiser, targets)
    styles = 0
    for style, _ in work.styles:
        height, width = work.recipe.style_size(size_of(style.pixels), scale.size)
        styles += COLOURS * PICTURE_BYTES * (height * width + style.pixels[0].numel())
    return found + styles + work.content.pixels.numel() * PICTURE_BYTES


def cost(work: Work, vgg: Vgg, plans: Sequence[ExecutionPlan], calibration: Calibration) -> Cost:
    """What the picture costs this rank.

    Args:
        plans: for each scale.
    """
    recipe, count = work.recipe, work.content.bands.share.count
    seconds, sent, traffic = 0.0, 0, Traffic(0, 0)
    for scale, plan in zip(recipe.scales, plans, strict=True):
        bands = work.bands_at(scale)
        rows, styles = len(bands.own), len(work.styles)
        expected = expected_at(recipe, scale, plan, calibration, styles, count, rows)
        seconds += expected.seconds(calibration.fixed)
        traffic = Traffic(0, 0)
        if not bands.are_one:
            traffic = traffic_of(recipe, vgg, plan, bands, scale.size[1])
        sent += scale.evaluations * traffic.bytes
    memory = max(
        memory_at(work, scale, plan, vgg.dtype)
        for scale, plan in zip(recipe.scales, plans, strict=True)
    )
    return Cost(memory, traffic if count > 1 else Traffic(0, 0), seconds, sent)


def traffic_of(recipe: Recipe, vgg: Vgg, plan: ExecutionPlan, bands: Bands, width: int) -> Traffic:
    """What this rank sends in an evaluation after the first one, which computes the targets."""
    tiling = plan.tiling(recipe.architecture)
    assert tiling is not None  # bands are computed in tiles
    features = [term for term in recipe.terms if isinstance(term, FeatureTerm)]
    layers = [term.layer for term in features]
    passes = TiledVgg(vgg, recipe.architecture, layers, tiling, bands=bands)
    rank, rows = bands.share.rank, 0
    for index, each in enumerate(passes.exchanges(bands)):
        size = PICTURE_BYTES if index == 0 else vgg.dtype.itemsize
        values = each.channels * (width >> each.poolings)
        there = _rows_sent(each.owned, each.needed, rank)
        back = _rows_sent(each.needed, each.owned, rank)
        rows += (there + back) * values * size
    if any(isinstance(term, PixelTerm) for term in recipe.terms):
        below = bands.widened(0, ROWS_BELOW)
        there = _rows_sent(bands.spans, below, rank) + _rows_sent(below, bands.spans, rank)
        rows += there * COLOURS * width * PICTURE_BYTES
    if isinstance(recipe.minimiser, LbfgsSteps):
        rows += _preconditioner_bytes(recipe.minimiser.octaves, bands, width)
    count = bands.share.count
    statistics = sum(_statistic_values(term) for term in features) * PICTURE_BYTES
    return Traffic(rows, round(2 * (count - 1) / count * statistics))


def _rows_sent(has: Spans, gets: Spans, rank: int) -> int:
    """How many rows a rank sends to others."""
    others = (span for other, span in enumerate(gets) if other != rank)
    return sum(len(has[rank].common(span)) for span in others)


def _preconditioner_bytes(octaves: int, bands: Bands, width: int) -> int:
    """For each octave: rows to halve, and rows to enlarge."""
    sent, rank = 0, bands.share.rank
    fine = bands
    for _ in range(octaves - 1):
        height, half = round(fine.height / 2), round(width / 2)
        if min(height, half) < 2:
            break
        coarse = fine.resized(height)
        sent += _rows_sent(fine.spans, rows_for_gathered(fine, coarse), rank) * half
        sent += _rows_sent(coarse.spans, rows_for_enlarged(coarse, fine), rank) * half
        fine, width = coarse, half
    return sent * COLOURS * PICTURE_BYTES


def _statistic_values(term: FeatureTerm) -> int:
    """How many numbers a term's statistic has."""
    features = torch.zeros(1, LAYERS[term.layer].channels, 1, 1)
    if isinstance(term, MapTerm):
        return term.statistic(features, features).numel()
    assert isinstance(term, SummaryTerm)
    return term.statistic(features).numel()
