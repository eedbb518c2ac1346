"""The pixel terms, and their losses and gradient in bands of rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.terms.base import ROWS_BELOW, PixelTerm


@dataclass(frozen=True)
class _Differences(PixelTerm):
    """The average of two means: over vertical and over horizontal neighbour differences."""

    def part(self, rows: Tensor, own: int, top: int, height: int) -> Tensor:
        """See :meth:`PixelTerm.part`."""
        with_next = first_rows(rows, own + 1)
        below = with_next[:, :, 1:, :] - with_next[:, :, :-1, :]
        mine = first_rows(rows, own)
        right = mine[:, :, :, 1:] - mine[:, :, :, :-1]
        channels, width = rows.shape[1], rows.shape[3]
        return 0.5 * (
            self.penalty(below).sum() / (channels * (height - 1) * width)
            + self.penalty(right).sum() / (channels * height * (width - 1))
        )

    @abstractmethod
    def penalty(self, differences: Tensor) -> Tensor:
        """The penalty on each difference."""


@dataclass(frozen=True)
class TotalVariation(_Differences):
    r"""Mean absolute difference of neighbours, as in the textbook.

    .. math:: L = \tfrac12 \left( \overline{|x_{i,j} - x_{i+1,j}|}
                                 + \overline{|x_{i,j} - x_{i,j+1}|} \right)
    """

    name: ClassVar[str] = "total_variation"

    def penalty(self, differences: Tensor) -> Tensor:
        """|d|."""
        return differences.abs()


@dataclass(frozen=True)
class Smoothness(_Differences):
    r"""Mean squared difference of neighbours: penalises fine noise, without a blocky look.

    .. math:: L = \tfrac12 \left( \overline{(x_{i,j} - x_{i+1,j})^2}
                                 + \overline{(x_{i,j} - x_{i,j+1})^2} \right)
    """

    name: ClassVar[str] = "smoothness"

    def penalty(self, differences: Tensor) -> Tensor:
        """d²."""
        return differences.square()


@dataclass(frozen=True)
class Range(PixelTerm):
    r"""Mean squared excess over the displayable range.

    .. math:: L = \overline{(x - \mathrm{clamp}(x, x_0, x_1))^2}

    where x₀ and x₁ are black and white in normalised values. Without this term the minimiser uses
    values that are later clamped, so part of its gain is lost.
    """

    name: ClassVar[str] = "range"

    def part(self, rows: Tensor, own: int, top: int, height: int) -> Tensor:
        """See :meth:`PixelTerm.part`."""
        mine = first_rows(rows, own)
        black = normalise(torch.zeros(3, 1, 1, dtype=mine.dtype, device=mine.device))
        white = normalise(torch.ones(3, 1, 1, dtype=mine.dtype, device=mine.device))
        # Detaching is exact: where the clamped value depends on the image, the excess is zero.
        excess = mine - mine.detach().clamp(black, white)
        return excess.square().sum() / (rows.shape[1] * height * rows.shape[3])


def first_rows(rows: Tensor, count: int) -> Tensor:
    """The first ``count`` rows, or as many as there are; adds no graph node if these are all."""
    return rows if rows.shape[2] <= count else rows[:, :, :count]


def add_pixel_losses(
    image: Tensor, terms: Sequence[PixelTerm], gradient: Tensor, band_pixels: int
) -> list[Tensor]:
    """Compute the terms' weighted losses and add their gradient to ``gradient`` in place.

    Args:
        image, gradient: (1, 3, h, w) of one floating type.
        band_pixels: pixels in a band of rows, which limits the size of temporaries.

    Returns:
        A scalar for each term.
    """
    if not terms:
        return []
    height, width = image.shape[-2:]
    rows = max(1, band_pixels // width)
    totals = [image.new_zeros(()) for _ in terms]
    for top in range(0, height, rows):
        own = min(rows, height - top)
        with_rows_below = slice(top, min(height, top + own + ROWS_BELOW))
        part = image[:, :, with_rows_below].detach().requires_grad_(True)
        with torch.enable_grad():
            losses = [term.weight * term.part(part, own, top, height) for term in terms]
            (pulled,) = torch.autograd.grad(losses, part)
        gradient[:, :, with_rows_below] += pulled
        totals = [total + loss.detach() for total, loss in zip(totals, losses, strict=True)]
    return totals
