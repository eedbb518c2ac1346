"""The terms that look at the picture itself, and their sum and gradient, band by band."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.terms.base import PixelTerm


@dataclass(frozen=True)
class _Differences(PixelTerm):
    """A mean over the differences of neighbours, below and to the right, in equal parts."""

    def part(self, rows: Tensor, own: int, height: int) -> Tensor:
        """The shares of the differences that begin in the rows' own part."""
        below = rows[:, :, 1:, :] - rows[:, :, :-1, :]
        mine = _first(rows, own)
        right = mine[:, :, :, 1:] - mine[:, :, :, :-1]
        channels, width = rows.shape[1], rows.shape[3]
        return 0.5 * (
            self.of(below).sum() / (channels * (height - 1) * width)
            + self.of(right).sum() / (channels * height * (width - 1))
        )

    @abstractmethod
    def of(self, differences: Tensor) -> Tensor:
        """What is summed of each difference."""


@dataclass(frozen=True)
class TotalVariation(_Differences):
    r"""Mean absolute difference of neighbours, the textbook's.

    .. math:: L = \tfrac12 \left( \overline{|x_{i,j} - x_{i+1,j}|}
                                 + \overline{|x_{i,j} - x_{i,j+1}|} \right)
    """

    name: ClassVar[str] = "total_variation"

    def of(self, differences: Tensor) -> Tensor:
        """|d|."""
        return differences.abs()


@dataclass(frozen=True)
class Smoothness(_Differences):
    r"""Mean squared difference of neighbours: fine noise costs, edges are not turned to blocks.

    .. math:: L = \tfrac12 \left( \overline{(x_{i,j} - x_{i+1,j})^2}
                                 + \overline{(x_{i,j} - x_{i,j+1})^2} \right)
    """

    name: ClassVar[str] = "smoothness"

    def of(self, differences: Tensor) -> Tensor:
        """d²."""
        return differences.square()


@dataclass(frozen=True)
class Range(PixelTerm):
    r"""Mean squared excess over what a picture can show.

    .. math:: L = \overline{(x - \mathrm{clamp}(x, x_0, x_1))^2}

    where x₀ and x₁ are black and white in normalised values. Without it the minimiser hides part
    of its gain in values that are clamped when the picture is shown.
    """

    name: ClassVar[str] = "range"

    def part(self, rows: Tensor, own: int, height: int) -> Tensor:
        """The share of the rows' own part."""
        mine = _first(rows, own)
        black = normalise(torch.zeros(3, 1, 1, dtype=mine.dtype, device=mine.device))
        white = normalise(torch.ones(3, 1, 1, dtype=mine.dtype, device=mine.device))
        # Where the clamped value changes with the image, the excess is zero.
        excess = mine - mine.detach().clamp(black, white)
        return excess.square().sum() / (rows.shape[1] * height * rows.shape[3])


def _first(rows: Tensor, count: int) -> Tensor:
    """The first of some rows, without a node in the graph where that is all of them."""
    return rows if rows.shape[2] == count else rows[:, :, :count]


def add_pixel_losses(
    image: Tensor, terms: Sequence[PixelTerm], gradient: Tensor, band_pixels: int
) -> list[Tensor]:
    """The terms' weighted losses at ``image``; their gradient is added to ``gradient`` in place.

    Args:
        image, gradient: (1, 3, h, w) of one floating type.
        band_pixels: of a band of rows; temporaries are as large as that.

    Returns:
        a scalar for each term.
    """
    if not terms:
        return []
    height, width = image.shape[-2:]
    rows = max(1, band_pixels // width)
    totals = [image.new_zeros(()) for _ in terms]
    for top in range(0, height, rows):
        own = min(rows, height - top)
        with_next_row = slice(top, min(height, top + own + 1))
        part = image[:, :, with_next_row].detach().requires_grad_(True)
        with torch.enable_grad():
            losses = [term.weight * term.part(part, own, height) for term in terms]
            (pulled,) = torch.autograd.grad(losses, part)
        gradient[:, :, with_next_row] += pulled
        totals = [total + loss.detach() for total, loss in zip(totals, losses, strict=True)]
    return totals
