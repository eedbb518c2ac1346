r"""The styles' finest detail, laid where the coarser picture looks like them.

A scale's evaluations hardly move the large strokes any more, and the finest ones have not been
there before. So it begins with strokes of the style itself, as in Hertzmann et al. 2001, *Image
Analogies*: the coarser picture is compared with the style at its size, and what the style has
beyond that size is laid where it belongs:

.. math:: D = \sum_p w_p \, (S - \uparrow\downarrow S)_{\varphi(p)}

:math:`\varphi(p)` is the place in the style S that looks most like the picture's cell p, and
:math:`w_p` a window over the cell and half of each of its neighbours; all windows sum to one.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from neural_style.engine.objective.collecting import View, Wanted, WeightedStyle
from neural_style.engine.objective.matched import all_rows, matched_places, search_sizes
from neural_style.engine.objective.matching import Matches
from neural_style.engine.picture.resize import Size, resize, size_of
from neural_style.engine.share import Bands, Span

COMPARED_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
"""Pictures are compared by these layers, at the positions of the last one."""

PART_PIXELS = 1 << 18
"""Pixels that are laid at a time."""


@dataclass(frozen=True)
class Coarser:
    """The picture of the coarser scale.

    Attributes:
        paint: this process's rows, normalised (1, 3, rows, w).
        bands: of its rows.
    """

    paint: Tensor
    bands: Bands

    @property
    def size(self) -> Size:
        """(height, width) of the whole."""
        return self.bands.height, self.paint.shape[-1]


def laid_detail(
    view: View, coarser: Coarser, styles: Sequence[WeightedStyle], bands: Bands, width: int
) -> Tensor:
    """The detail for a finer picture, this process's rows: (1, 3, rows, width), normalised.

    Args:
        view: how the pictures are seen; they are computed whole.
        styles: the style images at the size for the finer picture.
        bands: of the finer picture.
        width: of the finer picture.
    """
    repeats = view.architecture.padding == "circular"
    of_styles = replace(view, architecture=view.architecture.for_styles)
    detail = coarser.paint.new_zeros((1, 3, len(bands.own), width))

    @functools.cache
    def maps_at(size: Size) -> Mapping[str, Tensor]:
        return _maps_of(view, all_rows(coarser.paint, size, coarser.bands))

    for style in styles:
        smaller = _scaled(size_of(style.image), coarser.size[0] / bands.height)
        size, style_size = search_sizes(coarser.size, smaller)
        of_style = _maps_of(of_styles, resize(style.image, style_size))
        matches = matched_places(maps_at(size), of_style, style.left_out, bands.share)
        high = style.image - resize(resize(style.image, smaller), size_of(style.image))
        laying = _Laying(high[0], matches, (bands.height, width), repeats=repeats)
        many = max(1, PART_PIXELS // width)
        for top in range(bands.own.start, bands.own.stop, many):
            rows = Span(top, min(bands.own.stop, top + many))
            detail[0, :, rows.moved(-bands.own.start).slice] += style.share * laying.part(rows)
    return detail


def _maps_of(view: View, image: Tensor) -> Mapping[str, Tensor]:
    """The maps by which an image is compared, in its own type."""
    maps = view.of_whole(image, Wanted(COMPARED_LAYERS)).maps
    return {layer: maps[layer].to(image.dtype) for layer in COMPARED_LAYERS}


def _scaled(size: Size, ratio: float) -> Size:
    height, width = (max(1, round(side * ratio)) for side in size)
    return height, width


@dataclass(frozen=True)
class _Cells:
    """For each of some positions along one axis, two neighbouring cells.

    Attributes:
        cell: their numbers, (2, n) int64.
        offset: from each cell's middle to the position's, (2, n).
        weight: of each cell, (2, n); both sum to one.
    """

    cell: Tensor
    offset: Tensor
    weight: Tensor

    @staticmethod
    def of(positions: Span, side: int, cells: int, *, repeats: bool, like: Tensor) -> _Cells:
        """The cells of positions among ``side``, which has ``cells`` cells."""
        middle = torch.arange(positions.start, positions.stop, device=like.device) + 0.5
        along = middle * (cells / side) - 0.5
        first = along.floor()
        both = torch.stack((first, first + 1))
        share = torch.cos(0.5 * torch.pi * (along - first)).square().to(like)
        cell = both.long()
        cell = cell.remainder(cells) if repeats else cell.clamp(0, cells - 1)
        at = both if repeats else cell
        offset = middle - (at + 0.5) * (side / cells)
        return _Cells(cell, offset, torch.stack((share, 1 - share)))


@dataclass(frozen=True)
class _Laying:
    """Lays a style's detail over a picture.

    Attributes:
        high: the style's detail, (3, h, w).
        matches: the style's cell for each of the picture's.
        size: (height, width) of the picture.
        repeats: whether the picture's edges meet.
    """

    high: Tensor
    matches: Matches
    size: Size
    repeats: bool

    def part(self, rows: Span) -> Tensor:
        """The detail of some rows: (3, rows, width)."""
        down, across = self.matches.places.shape
        (height, width), (of_style, in_row) = self.size, self.matches.style
        by_row = _Cells.of(rows, height, down, repeats=self.repeats, like=self.high)
        by_column = _Cells.of(Span(0, width), width, across, repeats=self.repeats, like=self.high)
        _, high, wide = self.high.shape
        detail = self.high.new_zeros((3, len(rows), width))
        for row, below, weight in zip(by_row.cell, by_row.offset, by_row.weight, strict=True):
            for column, beside, share in zip(
                by_column.cell, by_column.offset, by_column.weight, strict=True
            ):
                place = self.matches.places[row[:, None], column[None]]
                found_row = _beside(place // in_row, below[:, None], of_style, high)
                found_column = _beside(place % in_row, beside[None], in_row, wide)
                found = self.high.flatten(1)[:, found_row * wide + found_column]
                detail += weight[:, None] * share[None] * found
        return detail


def _beside(cell: Tensor, offset: Tensor, cells: int, side: int) -> Tensor:
    """The position among ``side`` that is so far from the middle of a cell."""
    middle = (cell + 0.5) * (side / cells)
    return (middle + offset).floor().long().clamp(0, side - 1)
