"""Convolutions in 8-bit integers: twice as fast as in bfloat16 on CPUs with instructions for them.

Both factors are rounded to 8 bits; their products are summed exactly. The forward pass needs more
precision than the backward pass: its errors accumulate over the layers and limit how far the loss
can fall, while an error in the gradient only changes a step's direction.

At a megapixel and less, half of an evaluation's time is spent in passes over the maps between the
convolutions. These passes therefore work chunk by chunk, and compare integers where possible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.int8.pooling import Pooled, unpool
from neural_style.engine.network.int8.row_chunks import (
    as_integers,
    relu_backward,
    row_chunks,
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

MIGRATION_STRENGTH = 0.35
"""SmoothQuant's exponent α for the input's ranges; 0.2 to 0.5 give similar results."""
EPSILON = 1e-30
"""Keeps divisors above zero."""
MEAN_ROW_STRIDE = 4
"""The channels' means are computed from one row in so many."""
ZERO_POINT = 128
"""The uint8 level that represents zero in signed data."""


class Scratch:
    """A reusable buffer for one input's levels; allocating costs more than computing."""

    def __init__(self) -> None:
        self._room = torch.empty(0, dtype=torch.uint8)

    def levels(self, shape: torch.Size, margins: Margins) -> Tensor:
        """An uninitialised (1, c, h, w) uint8 map with margins around it, channels-last."""
        _, channels, height, width = shape
        left, right, top, bottom = margins
        height, width = height + top + bottom, width + left + right
        size = channels * height * width
        if len(self._room) < size:
            self._room = torch.empty(size, dtype=torch.uint8)
        return self._room[:size].view(1, height, width, channels).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class _Filters:
    """Quantised filters, packed for oneDNN's kernels.

    Attributes:
        packed: (c, c', 3, 3) levels from −127 to 127, packed.
        scales: (c,), the value of one level of each filter.
        zero_point: the input's level that represents zero.
    """

    packed: Tensor
    scales: Tensor
    zero_point: int

    def convolve(
        self,
        levels: Tensor,
        scale: float,
        like: Tensor,
        bias: Tensor | None = None,
        rectified: bool = False,
    ) -> Tensor:
        """(1, c, h - 2, w - 2) of ``like``'s type; all NaN if ``scale`` is not finite.

        Args:
            levels: (1, c', h, w) uint8, channels-last.
            scale: the value of one level.
            bias: (c,) float32.
            rectified: whether a ReLU follows.
        """
        finite = math.isfinite(scale)
        result: Tensor = torch.ops.onednn.qconv2d_pointwise(
            *(levels, scale if finite else 1.0, self.zero_point),
            *(self.packed, self.scales, torch.zeros(len(self.scales), dtype=torch.int64), bias),
            *([1, 1], [0, 0], [1, 1], 1),
            *(1.0, 0, like.dtype, "relu" if rectified else "none", [], ""),
        )
        # Integers cannot represent NaN or infinity.
        return result if finite else result.fill_(math.nan)


def _quantise(weight: Tensor, zero_point: int) -> tuple[_Filters, Tensor]:
    """``weight``, (c, c', 3, 3) float32, quantised; and its rounding error."""
    scales = weight.abs().amax((1, 2, 3)).clamp_min(EPSILON) / 127
    column = scales.view(-1, 1, 1, 1)
    levels = (weight / column).round_()
    packed = torch.ops.onednn.qconv_prepack(
        *(levels.to(torch.int8), scales, 1.0, zero_point, [1, 1], [0, 0], [1, 1], 1, None)
    )
    return _Filters(packed, scales, zero_point), levels.mul_(column).sub_(weight)


class FeatureConvolution:
    """One layer in the forward pass: a convolution, and optionally a ReLU.

    Each channel of the input is divided by a power of its range before rounding, and the filters
    are multiplied by the same factor, so that channels with small values keep their precision (Xiao
    et al. 2023, *SmoothQuant*, section 4). The filters' rounding error shifts the output's mean;
    the bias corrects this (Nagel et al. 2019, section 4.2).

    Args:
        weight, bias: (c, c', 3, 3) and (c,), of any floating type.
        maxima: (c',), the typical maximum of each input channel, of the network's type.
    """

    def __init__(self, weight: Tensor, bias: Tensor, maxima: Tensor) -> None:
        bounded = maxima.float().clamp_min(1e-4 * maxima.amax().item() + EPSILON)
        self._channel_factors = factors = (bounded**-MIGRATION_STRENGTH).to(maxima.dtype).float()
        self._row_factors = factors
        self._filters, error = _quantise(weight.float() / factors.view(1, -1, 1, 1), zero_point=0)
        self._error = error.sum((2, 3)) * factors
        self._bias = bias.float()

    def __call__(
        self, x: Tensor, padding: Padding, margins: Margins, scratch: Scratch, rectified: bool
    ) -> Tensor:
        """Convolve features (1, c', h, w), none negative, channels-last; the result has their type.

        NaN propagates to the whole result.
        """
        # The scale fits the largest value, so none is clamped: large values matter most.
        scale = (channel_max(x).float() * self._channel_factors).amax().item() / 255 + EPSILON
        levels = scratch.levels(x.shape, margins)
        width = x.shape[3]
        if len(self._row_factors) != width * len(self._channel_factors):
            self._row_factors = self._channel_factors.repeat(width)
        for chunk, values in row_chunks(without_margins(levels, margins), x):
            write_rounded(chunk.flatten(1), values.flatten(1), 1 / scale, self._row_factors)
        fill_margins(levels, padding, margins)
        means = x[:, :, ::MEAN_ROW_STRIDE].mean((0, 2, 3), dtype=torch.float32)
        bias = self._bias - self._error @ means
        return self._filters.convolve(levels, scale, x, bias, rectified)


class GradientConvolution:
    """One layer in the backward pass: the convolution's gradient with respect to its input.

    Args:
        weight: (c, c', 3, 3), of any floating type. It is not kept.
    """

    def __init__(self, weight: Tensor) -> None:
        flipped = weight.float().transpose(0, 1).flip(2, 3)
        self._filters, _ = _quantise(flipped, zero_point=ZERO_POINT)

    def __call__(
        self,
        grad_output: Tensor,
        padding: Padding,
        margins: Margins,
        scratch: Scratch,
        rectified: Tensor | None = None,
        pooled: Pooled | None = None,
    ) -> Tensor:
        """The gradient at the convolution's input; NaN propagates to the whole result.

        Args:
            grad_output: the gradient at the layer's output, channels-last.
            padding, margins: of the layer.
            rectified: the output, if the layer ends with a ReLU.
            pooled: the output, if the layer ends with a ReLU and a pooling.
        """
        scale = _max_abs(grad_output) / 127 + EPSILON
        # With zero padding, the gradient in the margins is not needed.
        border = [2 - margin if padding == "zeros" else 2 for margin in margins]
        around = border[0], border[1], border[2], border[3]
        levels = scratch.levels(grad_output.shape if pooled is None else pooled.shape, around)
        signed = levels.view(torch.int8)
        inner = without_margins(signed, around)
        if pooled is None:
            _round_gradient(inner, grad_output, rectified, scale)
        else:
            pooled_levels = torch.empty_like(grad_output, dtype=torch.int8)
            _round_gradient(pooled_levels, grad_output, pooled.maxima, scale)
            unpool(pooled_levels, pooled, inner)
        fill_margins(signed, "zeros", around)
        levels.bitwise_xor_(ZERO_POINT)
        gradient = self._filters.convolve(levels, scale, grad_output)
        return gradient if padding == "zeros" else fold_margins(gradient, padding, margins)


def channel_max(features: Tensor) -> Tensor:
    """(c,), the maximum of each channel of (1, c, h, w), of their type; NaN propagates.

    No value may be negative or a NaN with a negative sign.
    """
    return flatten_positions(as_integers(features)).amax(0).view(features.dtype)


def _max_abs(grad_output: Tensor) -> float:
    """The largest magnitude in (1, c, h, w), channels-last; NaN propagates."""
    least, most = torch.aminmax(grad_output.squeeze(0).permute(1, 2, 0))
    return max(-least.item(), most.item())


def _round_gradient(
    levels: Tensor, grad_output: Tensor, result: Tensor | None, scale: float
) -> None:
    """Write the signed levels of ``grad_output``; if ``result`` is given, before its ReLU."""
    maps = (levels, grad_output) if result is None else (levels, grad_output, result)
    for chunk, values, *activations in row_chunks(*maps):
        write_rounded(
            chunk, relu_backward(values, activations[0]) if activations else values, 1 / scale
        )
