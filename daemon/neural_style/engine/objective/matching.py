"""For each position of the content, the place in the style that looks most like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.picture.resize import Size, size_of
from neural_style.engine.share import Span

BALANCE = 0.01
"""Added to the distance at which a place is matched best; smaller values spread matches more."""

LEAST_LENGTH = 1e-8
"""The least length of a feature vector that is divided by."""


@dataclass(frozen=True)
class Matches:
    """Matching places on coarse grids, which hold for finer maps too.

    Attributes:
        places: (h, w) int64: the number of the style's cell, row by row, for each content cell.
        style: (height, width) of the style's grid.
    """

    places: Tensor
    style: Size

    def positions(self, found_in: Size, size: Size, own: Span | None = None) -> Tensor:
        """Where in a map of the style the matching places are.

        A map that is finer than the grids gets whole patches of the style: neighbours within a cell
        stay neighbours.

        Args:
            found_in: (height, width) of the style's whole map of some layer.
            size: (height, width) of the content's map of that layer.
            own: the rows of that map that are wanted; None for all of them.

        Returns:
            Row · width + column for each wanted position, int32, (rows, size[1]).
        """
        own = own or Span(0, size[0])
        device = self.places.device
        (rows, in_row), (columns, in_column) = (
            _cells(fine, coarse, device)
            for fine, coarse in zip(size, self.places.shape, strict=True)
        )
        rows, in_row = rows[own.slice], in_row[own.slice]
        places = self.places[rows[:, None], columns[None]]
        height, width = found_in
        row = _finer(places // self.style[1], in_row[:, None], self.style[0], height)
        column = _finer(places % self.style[1], in_column[None], self.style[1], width)
        return (row * width + column).int()

    def gathered(self, features: Tensor, size: Size, own: Span | None = None) -> Tensor:
        """The style's features at the matching places.

        Args:
            features: the style's whole map of some layer, (1, c, h', w').
            size, own: see :meth:`positions`.

        Returns:
            (1, c, *size), or the wanted rows of that, in channels-last layout.
        """
        return features_at(features, self.positions(size_of(features), size, own))


def features_at(features: Tensor, positions: Tensor) -> Tensor:
    """(1, c, h, w) in channels-last layout, of a map (1, c, h', w').

    Args:
        positions: row · width + column in that map, whole numbers, (h, w).
    """
    by_place = features[0].permute(1, 2, 0).flatten(0, 1)
    found = by_place.index_select(0, positions.flatten())
    return found.view(1, *positions.shape, -1).permute(0, 3, 1, 2)


def _cells(fine: int, coarse: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """For each of ``fine`` positions: its cell among ``coarse``, and where in the cell, in [0, 1).

    In whole numbers, because some devices have no float64: the place is in units of 1 / (2 fine).
    """
    middle = (2 * torch.arange(fine, device=device) + 1) * coarse
    cell = middle // (2 * fine)
    return cell, (middle - cell * (2 * fine)).float() / (2 * fine)


def _finer(cell: Tensor, inside: Tensor, coarse: int, fine: int) -> Tensor:
    """The position among ``fine`` of a place in a cell among ``coarse``."""
    return ((cell + inside) * (fine / coarse)).long().clamp_(0, fine - 1)


def match(
    content: Mapping[str, Tensor],
    style: Mapping[str, Tensor],
    grid: str,
    kept: Tensor | None = None,
) -> Matches:
    r"""Find the nearest place in the style for each position of the content.

    .. math:: \varphi(p) = \mathrm{argmin}_q \frac{d(p, q)}{0.01 + \min_r d(r, q)}, \quad
              d(p, q) = 1 - \cos(H_p, H^*_q)

    H are the features of some layers at one position, each layer divided by the mean length of its
    vectors, and centred. The denominator is small for a place that is very like some position; it
    makes such a place the match of that position, and not of all.

    Args:
        content, style: maps (1, c, h, w) by layer, floating; the content's are moved to where the
            style's are.
        grid: the layer whose positions are matched; the other maps are resized to it.
        kept: which places of the style's grid may be found, (h, w) of bool; None for all.
    """
    size, style_size = size_of(content[grid]), size_of(style[grid])
    layers = list(content)
    seen = _directions([content[layer] for layer in layers], size)
    wanted = _directions([style[layer] for layer in layers], style_size)
    distance = 1 - seen @ wanted.T
    distance /= BALANCE + distance.min(0, keepdim=True).values
    if kept is not None:
        distance[:, ~kept.flatten()] = torch.inf
    return Matches(distance.argmin(1).view(size), style_size)


def _directions(maps: Sequence[Tensor], size: Size) -> Tensor:
    """(h·w, c): the layers' features at each position of a grid, centred, of length 1."""
    parts = []
    for features in maps:
        resized = F.interpolate(features, size, mode="bilinear", align_corners=False)
        length = torch.linalg.vector_norm(resized, dim=1).mean().clamp_min(LEAST_LENGTH)
        parts.append((resized[0] / length).flatten(1))
    vectors = torch.cat(parts).T
    vectors = vectors - vectors.mean(0)
    return F.normalize(vectors, eps=LEAST_LENGTH)
