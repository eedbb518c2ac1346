"""Convolutions in 8-bit integers: twice as quick as in bfloat16 where a processor has them.

Both factors are rounded to 8 bits; their products are summed exactly. Features and gradients need
different care, because the way in is repeated layer after layer and near the end of a picture its
errors are as large as what is left to gain, while an error on the way back only turns a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

SHARE_OF_FEATURES = 0.35
"""How much of its channels' unequal ranges an input gives to the filters; 0.2 to 0.5 are alike."""
LEAST = 1e-30
"""Instead of nought, where it is divided by."""
SAMPLED = 4
"""One row in so many tells the means of channels."""
PIECE = 1 << 20
"""Values that are rounded at a time, so that what lies between stays in a processor's cache."""


class Scratch:
    """Room for one input's levels, used again by the next: fresh memory costs more than sums."""

    def __init__(self) -> None:
        self._room = torch.empty(0, dtype=torch.uint8)

    def levels(self, channels: int, height: int, width: int) -> Tensor:
        """(1, channels, height, width) uint8, channels-last, of any values."""
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
        padding: 0 or 1, on each side.
    """

    packed: Tensor
    units: Tensor
    zero: int
    padding: int

    def product(self, levels: Tensor, unit: float, bias: Tensor | None, like: Tensor) -> Tensor:
        """The rectified sums if there is a bias, else the sums themselves; ``like``'s type.

        Args:
            levels: (1, c', h, w) uint8, channels-last, each worth ``unit``.
            bias: (c,) float32.
        """
        known = math.isfinite(unit)
        result: Tensor = torch.ops.onednn.qconv2d_pointwise(
            *(levels, unit if known else 1.0, self.zero),
            *(self.packed, self.units, torch.zeros(len(self.units), dtype=torch.int64), bias),
            *([1, 1], [self.padding] * 2, [1, 1], 1),
            *(1.0, 0, like.dtype, "none" if bias is None else "relu", [], ""),
        )
        # Whole numbers have no way to say that an input was none.
        return result if known else result.fill_(math.nan)


def _pieces(*maps: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same few rows of each of the maps, all (1, c, h, w), from top to bottom."""
    _, channels, _, width = maps[0].shape
    rows = max(1, PIECE // (channels * width))
    return zip(*(torch.split(each, rows, 2) for each in maps), strict=True)


def _rounded(weight: Tensor, zero: int, padding: int) -> tuple[_Filters, Tensor]:
    """``weight``, (c, c', 3, 3) float32, in levels; and what rounding has added to it."""
    units = weight.abs().amax((1, 2, 3)).clamp_min(LEAST) / 127
    column = units.view(-1, 1, 1, 1)
    whole = (weight / column).round_()
    packed = torch.ops.onednn.qconv_prepack(
        *(whole.to(torch.int8), units, 1.0, zero),
        *([1, 1], [padding] * 2, [1, 1], 1, None),
    )
    return _Filters(packed, units, zero, padding), whole.mul_(column).sub_(weight)


class FeatureProduct:
    """One layer on the way in: a convolution and its rectification.

    Each channel of the input is divided by a power of its range before it is rounded, and the
    filters are multiplied by the same, so that quiet channels keep digits (Xiao et al. 2023,
    *SmoothQuant*, section 4). What the rounding of the filters adds to a channel's mean is
    subtracted with the bias (Nagel et al. 2019, section 4.2).

    Args:
        weight, bias: (c, c', 3, 3) and (c,), of any floating type.
        padding: 0 or 1, on each side.
        sample: features (1, c', h, w) such as will come, none negative.
    """

    def __init__(self, weight: Tensor, bias: Tensor, padding: int, sample: Tensor) -> None:
        reach = sample.amax((0, 2, 3)).float()
        reach = reach.clamp_min(1e-4 * reach.amax().item() + LEAST)
        self._shrink = (reach**-SHARE_OF_FEATURES).to(sample.dtype)
        shrink = self._shrink.float()
        self._filters, error = _rounded(
            weight.float() / shrink.view(1, -1, 1, 1), zero=0, padding=padding
        )
        self._error = error.sum((2, 3)) * shrink
        self._bias = bias.float()

    def __call__(self, x: Tensor, scratch: Scratch) -> Tensor:
        """Of features (1, c', h, w), none negative, channels-last; the result is of their type."""
        # Values beyond the last level would be the largest there are, and those matter most.
        unit = (x.amax((0, 2, 3)).float() * self._shrink.float()).amax().item() / 255 + LEAST
        levels = scratch.levels(*x.shape[1:])
        nought, shrink = x.new_zeros(()), self._shrink.view(1, -1, 1, 1)
        for piece, values in _pieces(levels, x):
            piece.copy_(torch.addcmul(nought, values, shrink, value=1 / unit).round_())
        means = x[:, :, ::SAMPLED].mean((0, 2, 3), dtype=torch.float32)
        return self._filters.product(levels, unit, self._bias - self._error @ means, x)


class GradientProduct:
    """One layer on the way back: the convolution's gradient with respect to its input.

    Args:
        weight: (c, c', 3, 3) of the layer, of any floating type. It is not kept.
    """

    def __init__(self, weight: Tensor) -> None:
        turned = weight.float().transpose(0, 1).flip(2, 3)
        self._filters, _ = _rounded(turned, zero=128, padding=1)

    def __call__(self, slope: Tensor, result: Tensor, padding: int, scratch: Scratch) -> Tensor:
        """Of the gradient with respect to the layer's rectified ``result``.

        Args:
            slope, result: (1, c, h, w), channels-last.
            padding: 0 or 1, of the layer.
        """
        most = torch.stack([_passed(*piece).abs_().amax() for piece in _pieces(slope, result)])
        unit = most.amax().item() / 127 + LEAST
        _, channels, height, width = slope.shape
        # The library takes twice as long where it pads by two itself.
        border = 1 - padding
        levels = scratch.levels(channels, height + 2 * border, width + 2 * border)
        signed = levels.view(torch.int8)
        if border:
            signed.zero_()
        inner = signed[:, :, border : border + height, border : border + width]
        for piece, values, passed in _pieces(inner, slope, result):
            piece.copy_(_passed(values, passed).mul_(1 / unit).round_())
        levels.bitwise_xor_(self._filters.zero)
        return self._filters.product(levels, unit, None, slope)


def _passed(slope: Tensor, result: Tensor) -> Tensor:
    """The gradient before a rectification with that result."""
    before: Tensor = torch.ops.aten.threshold_backward(slope, result, 0)
    return before
