"""The pixel terms, and their losses and gradient in bands of rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.share import Bands, Span, totals, whole
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
    image: Tensor,
    terms: Sequence[PixelTerm],
    gradient: Tensor,
    band_pixels: int,
    bands: Bands | None = None,
) -> list[Tensor]:
    """Compute the terms' weighted losses and add their gradient to ``gradient`` in place.

    Args:
        image, gradient: (1, 3, h, w) of one floating type.
        band_pixels: pixels in some rows at a time, which limits the size of temporaries.
        bands: the rows of the picture that ``image`` has; None for all of them.

    Returns:
        A scalar for each term.
    """
    if not terms:
        return []
    bands = bands or whole(image.shape[-2])
    if not bands.are_one:
        return _add_in_bands(image, terms, gradient, band_pixels, bands)
    return _add_losses(image, terms, gradient, band_pixels, bands.own, bands.height)


def _add_in_bands(
    image: Tensor, terms: Sequence[PixelTerm], gradient: Tensor, band_pixels: int, bands: Bands
) -> list[Tensor]:
    """With the rows below the own ones, which another process has."""
    needed = bands.widened(0, ROWS_BELOW)
    seen = bands.share.complete(image, bands.spans, needed)
    pulled = torch.zeros_like(seen)
    losses = _add_losses(seen, terms, pulled, band_pixels, bands.own, bands.height)
    gradient += bands.share.give_back(pulled, needed, bands.spans)
    return list(totals(bands.share, dict(enumerate(losses))).values())


def _add_losses(
    image: Tensor,
    terms: Sequence[PixelTerm],
    gradient: Tensor,
    band_pixels: int,
    own_rows: Span,
    height: int,
) -> list[Tensor]:
    """The losses of ``own_rows``: the first ones of ``image``, which has those below them too."""
    rows = max(1, band_pixels // image.shape[-1])
    totals = [image.new_zeros(()) for _ in terms]
    for top in range(own_rows.start, own_rows.stop, rows):
        own = min(rows, own_rows.stop - top)
        seen = Span(top, min(height, top + own + ROWS_BELOW))
        with_rows_below = seen.moved(-own_rows.start).slice
        part = image[:, :, with_rows_below].detach().requires_grad_(True)
        with torch.enable_grad():
            losses = [term.weight * term.part(part, own, top, height) for term in terms]
            (pulled,) = torch.autograd.grad(losses, part)
        gradient[:, :, with_rows_below] += pulled
        totals = [total + loss.detach() for total, loss in zip(totals, losses, strict=True)]
    return totals
