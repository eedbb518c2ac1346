"""Convolutions in 8-bit integers: twice as quick as in bfloat16 where a processor has them.

Both factors are rounded to 8 bits; their products are summed exactly. Features and gradients need
different care, because the way in is repeated layer after layer and near the end of a picture its
errors are as large as what is left to gain, while an error on the way back only turns a step.

At a megapixel and less, half of an evaluation's time is not in the products but in passes over the
maps between them. So these go piece by piece here, and compare whole numbers where they can.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.int8.pooling import Pooled, unpool
from neural_style.engine.network.int8.row_chunks import (
    bits,
    passing,
    pieces,
    write_rounded,
)
from neural_style.engine.network.maps import flatten_positions
from neural_style.engine.network.padding import (
    Margins,
    Padding,
    fill_margins,
    fold_margins,
    without_margins,
)

SHARE_OF_FEATURES = 0.35
"""How much of its channels' unequal ranges an input gives to the filters; 0.2 to 0.5 are alike."""
LEAST = 1e-30
"""Instead of nought, where it is divided by."""
SAMPLED = 4
"""One row in so many tells the means of channels."""
MIDDLE = 128
"""The level of nought, among 0 to 255, where there are negative values too."""


class Scratch:
    """Room for one input's levels, used again by the next: fresh memory costs more than sums."""

    def __init__(self) -> None:
        self._room = torch.empty(0, dtype=torch.uint8)

    def levels(self, shape: torch.Size, margins: Margins) -> Tensor:
        """(1, c, h, w) uint8 with margins around it, channels-last, of any values."""
        _, channels, height, width = shape
        left, right, top, bottom = margins
        height, width = height + top + bottom, width + left + right
        size = channels * height * width
        if len(self._room) < size:
            self._room = torch.empty(size, dtype=torch.uint8)
        return self._room[:size].view(1, height, width, channels).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class _Filters:
    """Filters as whole numbers, laid out for the library's kernels.

    Attributes:
        packed: (c, c', 3, 3) levels of −127 to 127, laid out.
        units: (c,), what a level of each filter is worth.
        zero: the input's level that stands for nought.
    """

    packed: Tensor
    units: Tensor
    zero: int

    def product(
        self,
        levels: Tensor,
        unit: float,
        like: Tensor,
        bias: Tensor | None = None,
        rectified: bool = False,
    ) -> Tensor:
        """The sums, (1, c, h - 2, w - 2) of ``like``'s type.

        Args:
            levels: (1, c', h, w) uint8, channels-last, each worth ``unit``.
            bias: (c,) float32.
            rectified: whether negative sums become nought.
        """
        known = math.isfinite(unit)
        result: Tensor = torch.ops.onednn.qconv2d_pointwise(
            *(levels, unit if known else 1.0, self.zero),
            *(self.packed, self.units, torch.zeros(len(self.units), dtype=torch.int64), bias),
            *([1, 1], [0, 0], [1, 1], 1),
            *(1.0, 0, like.dtype, "relu" if rectified else "none", [], ""),
        )
        # Whole numbers have no way to say that an input was none.
        return result if known else result.fill_(math.nan)


def _rounded(weight: Tensor, zero: int) -> tuple[_Filters, Tensor]:
    """``weight``, (c, c', 3, 3) float32, in levels; and what rounding has added to it."""
    units = weight.abs().amax((1, 2, 3)).clamp_min(LEAST) / 127
    column = units.view(-1, 1, 1, 1)
    whole = (weight / column).round_()
    packed = torch.ops.onednn.qconv_prepack(
        *(whole.to(torch.int8), units, 1.0, zero, [1, 1], [0, 0], [1, 1], 1, None)
    )
    return _Filters(packed, units, zero), whole.mul_(column).sub_(weight)


class FeatureProduct:
    """One layer on the way in: a convolution, and its rectification where that is wanted.

    Each channel of the input is divided by a power of its range before it is rounded, and the
    filters are multiplied by the same, so that quiet channels keep digits (Xiao et al. 2023,
    *SmoothQuant*, section 4). What the rounding of the filters adds to a channel's mean is
    subtracted with the bias (Nagel et al. 2019, section 4.2).

    Args:
        weight, bias: (c, c', 3, 3) and (c,), of any floating type.
        reach: (c',), about how large the input's channels become, of the network's type.
    """

    def __init__(self, weight: Tensor, bias: Tensor, reach: Tensor) -> None:
        wide = reach.float().clamp_min(1e-4 * reach.amax().item() + LEAST)
        self._shrink = shrink = (wide**-SHARE_OF_FEATURES).to(reach.dtype).float()
        self._row = shrink
        self._filters, error = _rounded(weight.float() / shrink.view(1, -1, 1, 1), zero=0)
        self._error = error.sum((2, 3)) * shrink
        self._bias = bias.float()

    def __call__(
        self, x: Tensor, padding: Padding, margins: Margins, scratch: Scratch, rectified: bool
    ) -> Tensor:
        """Of features (1, c', h, w), none negative, channels-last; the result is of their type.

        It is all of no numbers if any of the features is.
        """
        # Values beyond the last level would be the largest there are, and those matter most.
        unit = (channel_reach(x).float() * self._shrink).amax().item() / 255 + LEAST
        levels = scratch.levels(x.shape, margins)
        width = x.shape[3]
        if len(self._row) != width * len(self._shrink):
            self._row = self._shrink.repeat(width)
        for piece, values in pieces(without_margins(levels, margins), x):
            write_rounded(piece.flatten(1), values.flatten(1), 1 / unit, self._row)
        fill_margins(levels, padding, margins)
        means = x[:, :, ::SAMPLED].mean((0, 2, 3), dtype=torch.float32)
        bias = self._bias - self._error @ means
        return self._filters.product(levels, unit, x, bias, rectified)


class GradientProduct:
    """One layer on the way back: the convolution's gradient with respect to its input.

    Args:
        weight: (c, c', 3, 3) of the layer, of any floating type. It is not kept.
    """

    def __init__(self, weight: Tensor) -> None:
        turned = weight.float().transpose(0, 1).flip(2, 3)
        self._filters, _ = _rounded(turned, zero=MIDDLE)

    def __call__(
        self,
        slope: Tensor,
        padding: Padding,
        margins: Margins,
        scratch: Scratch,
        rectified: Tensor | None = None,
        pooled: Pooled | None = None,
    ) -> Tensor:
        """Of the gradient with respect to what followed from the convolution.

        Args:
            slope: the gradient with respect to the sums, or what became of them. Channels-last.
            padding, margins: of the layer.
            rectified: the rectified sums, if they were, and were not pooled.
            pooled: the rectified and pooled sums, if they were.
        """
        unit = _reach(slope) / 127 + LEAST
        # Where the padding was of noughts, nobody asks for the gradient there.
        border = [2 - margin if padding == "zeros" else 2 for margin in margins]
        around = border[0], border[1], border[2], border[3]
        levels = scratch.levels(slope.shape if pooled is None else pooled.shape, around)
        signed = levels.view(torch.int8)
        inner = without_margins(signed, around)
        if pooled is None:
            _round_passing(inner, slope, rectified, unit)
        else:
            small = torch.empty_like(slope, dtype=torch.int8)
            _round_passing(small, slope, pooled.maxima, unit)
            unpool(small, pooled, inner)
        fill_margins(signed, "zeros", around)
        levels.bitwise_xor_(MIDDLE)
        gradient = self._filters.product(levels, unit, slope)
        return gradient if padding == "zeros" else fold_margins(gradient, padding, margins)


def channel_reach(features: Tensor) -> Tensor:
    """(c,), the largest of each channel of (1, c, h, w), of their type.

    None may be negative; what is no number may not have that sign either.
    """
    return flatten_positions(bits(features)).amax(0).view(features.dtype)


def _reach(slope: Tensor) -> float:
    """The largest magnitude in (1, c, h, w), channels-last; no number if any is none."""
    least, most = torch.aminmax(slope.squeeze(0).permute(1, 2, 0))
    return max(-least.item(), most.item())


def _round_passing(levels: Tensor, slope: Tensor, result: Tensor | None, unit: float) -> None:
    """Write the signed levels of the slope before a rectification with that result, if any."""
    maps = (levels, slope) if result is None else (levels, slope, result)
    for piece, values, *passed in pieces(*maps):
        write_rounded(piece, passing(values, passed[0]) if passed else values, 1 / unit)
