"""The grain loss: even areas of the photograph become no grainier than the style's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.share import Bands, Share, whole
from neural_style.engine.terms.base import ROWS_BELOW, PixelTerm
from neural_style.engine.terms.pixel import first_rows
from neural_style.weights.layers import INPUT_STD

WINDOW = 9
"""Side, in pixels, of the windows in which variance is measured."""

EVEN_SHARE = 0.1
"""An area as even as this share of the picture counts half."""

INVISIBLE = (1 / 255 / (sum(INPUT_STD) / len(INPUT_STD))) ** 2
"""One grey level, squared, in normalised values."""


@dataclass(frozen=True)
class Grain(PixelTerm):
    r"""Fine grain in the photograph's even areas, relative to that in the style's even areas.

    .. math:: L = \frac{E(x, e(c))}{E(s, e(s)) + \epsilon}, \quad
              E(x, e) = \tfrac12 \sum_{d \in \{\text{rows}, \text{columns}\}}
                        \frac{\sum_p e_p \, \|(D_d x)_p\|^2}{3 \sum_p e_p}

    with the second difference :math:`D x = (x_{p-1} - 2 x_p + x_{p+1}) / 4`, which passes what is
    finer than four pixels, and the evenness :math:`e = 1 / (1 + (v / v_{0.1})^2)`. v is the
    luminance's variance in a window of 9 × 9 pixels; a tenth of the picture is below
    :math:`v_{0.1}`.

    The style loss spreads the style's texture over all of the picture. In a clear sky one sees it
    as noise.
    """

    name: ClassVar[str] = "grain"

    def fitted_to(
        self,
        content: Tensor,
        styles: Sequence[tuple[Tensor, float]],
        bands: Bands | None = None,
    ) -> PixelTerm:
        """The loss for the content's even areas."""
        wanted = sum(share * _grain_of(style) for style, share in styles)
        bands = bands or whole(content.shape[-2])
        shares = _shares(content, bands)
        return _FittedGrain(self.weight / (wanted + INVISIBLE), shares, bands.own.start)

    def part(self, rows: Tensor, own: int, top: int, height: int) -> Tensor:
        """It is a loss only after :meth:`fitted_to`."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class _FittedGrain(PixelTerm):
    """E(x, e), with each position's share e / (6 Σ e): (1, 1, h, w).

    Attributes:
        first: the picture's row that the first row of ``shares`` is of.
    """

    shares: Tensor
    first: int = 0

    name: ClassVar[str] = Grain.name

    def part(self, rows: Tensor, own: int, top: int, height: int) -> Tensor:
        """See :meth:`PixelTerm.part`."""
        top -= self.first
        mine = _second_difference(first_rows(rows, own), 3).square()
        energy = (mine * self.shares[:, :, top : top + own, 1:-1]).sum()
        if rows.shape[2] <= ROWS_BELOW:
            return energy
        below = _second_difference(rows, 2).square()
        return energy + (below * self.shares[:, :, top + 1 : top + 1 + below.shape[2]]).sum()


def _grain_of(image: Tensor) -> float:
    """E(s, e(s)) of a style image, (1, 3, h, w)."""
    height = image.shape[2]
    return _FittedGrain(1.0, _shares(image, whole(height))).part(image, height, 0, height).item()


def _shares(image: Tensor, bands: Bands) -> Tensor:
    """Of the own rows and the one below them, which the own rows' differences reach."""
    even = evenness(image, bands)
    own = even[:, :, : len(bands.own)]
    return even / (6 * bands.share.total(own.sum()))


def _second_difference(image: Tensor, dim: int) -> Tensor:
    """(x₋ − 2 x + x₊) / 4 along a dimension, which becomes shorter by two."""
    size = image.shape[dim] - 2
    before, here, after = (image.narrow(dim, start, size) for start in range(3))
    return (before - 2 * here + after) / 4


def evenness(image: Tensor, bands: Bands | None = None) -> Tensor:
    """(1, 1, h, w) in [0, 1]: near 1 where a normalised image (1, 3, h, w) is most even.

    Args:
        bands: the rows of the picture that ``image`` has; None for all of them. The result has one
            row more below them, if there is one.
    """
    bands = bands or whole(image.shape[-2])
    grey = image.mean(1, keepdim=True)
    variance = _variance(grey, bands)
    typical = _least_tenth(variance[:, :, : len(bands.own)], bands) + INVISIBLE
    return (1 + (variance / typical).square()).reciprocal()


def _variance(grey: Tensor, bands: Bands) -> Tensor:
    """In the window around each position, (1, 1, h, w) like ``grey``, and one row more below."""
    reach = WINDOW // 2
    needed = bands.widened(reach, reach + 1)
    grey = bands.share.complete(grey, bands.spans, needed)
    rows, seen = bands.widened(0, 1)[bands.share.rank], needed[bands.share.rank]
    # Where there are no more rows it is the picture's edge, at which they are reflected.
    above, below = reach - (rows.start - seen.start), reach - (seen.stop - rows.stop)
    both = torch.cat((grey, grey.square()), 1)
    padded = F.pad(both, (reach, reach, above, below), mode="reflect")
    means = F.avg_pool2d(padded, WINDOW, stride=1)
    return (means[:, 1:] - means[:, :1].square()).clamp_min(0)


def _least_tenth(variance: Tensor, bands: Bands) -> Tensor:
    """The value below which :data:`EVEN_SHARE` of all values lie, on their device."""
    # On the processor, because not every version of PyTorch has it for Apple's GPUs.
    values = variance.flatten().cpu()
    rank = math.ceil(bands.height * variance.shape[-1] * EVEN_SHARE)
    return ranked(values, rank, bands.share).to(variance.device)


def ranked(values: Tensor, rank: int, share: Share) -> Tensor:
    """The value of so high a rank, from 1, among those of all processes.

    Args:
        values: (n,), not negative, on the processor.
    """
    if share.count == 1:
        return values.kthvalue(rank).values
    # As whole numbers, the bits of such values have the same order.
    whole_numbers = torch.int32 if values.dtype == torch.float32 else torch.int64
    bits = values.view(whole_numbers)
    infinity = torch.full((1,), math.inf, dtype=values.dtype).view(whole_numbers)
    low, high = 0, int(infinity.item())
    while low < high:
        middle = (low + high) // 2
        counted = share.total((bits <= middle).sum().double().view(1))
        low, high = (low, middle) if counted.item() >= rank else (middle + 1, high)
    return torch.tensor(low, dtype=whole_numbers).view(values.dtype)
