"""Convolutions with a quarter of the multiplications, for layers with many channels.

A tile of 6 × 6 positions and each filter are transformed to 36 factors; the products of these,
summed over the channels, are transformed back to the 4 × 4 results (Lavin & Gray 2016, *Fast
Algorithms for Convolutional Neural Networks*). The sums over the channels are 36 matrix products.
What the transforms cost does not depend on the number of filters, so many channels are needed.
"""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.engine.network.padding import (
    Margins,
    Padding,
    fill_margins,
    fold_margins,
    without_margins,
)
from neural_style.engine.network.winograd.transforms import (
    INPUTS,
    OUTPUTS,
    Transforms,
    backward_transforms,
    filter_transform,
    transforms,
)

CHUNK_VALUES = 1 << 20
"""Factors that are computed at a time, so that they stay in the processor's caches."""


class WinogradConvolution:
    """A convolution and its gradient with respect to its input.

    Args:
        weight: (c, c', 3, 3), float32 or wider.
    """

    def __init__(self, weight: Tensor) -> None:
        count, channels = weight.shape[:2]
        taps = weight.double().permute(2, 3, 1, 0).reshape(9, channels * count)
        factors = (filter_transform() @ taps).view(-1, channels, count)
        self._factors = factors.to(weight.dtype).contiguous()
        self._forward = transforms().to(weight.dtype)
        self._backward = backward_transforms().to(weight.dtype)

    def features(self, x: Tensor, bias: Tensor, padding: Padding, margins: Margins) -> Tensor:
        """(1, c, h, w) with all margins, channels-last, of (1, c', h, w)."""
        framed = _framed(x, padding, margins)
        return _convolved(framed, _size_of_result(x, margins), self._forward, self._factors, bias)

    def gradient(self, grad_output: Tensor, padding: Padding, margins: Margins) -> Tensor:
        """The gradient at the input of :meth:`features`, channels-last."""
        # With zero padding, the gradient in the margins is not needed.
        border = [2 - margin if padding == "zeros" else 2 for margin in margins]
        around = border[0], border[1], border[2], border[3]
        framed = _framed(grad_output, "zeros", around)
        size = _size_of_result(grad_output, around)
        factors = self._factors.transpose(1, 2)
        gradient = _convolved(framed, size, self._backward, factors, None)
        return gradient if padding == "zeros" else fold_margins(gradient, padding, margins)


def _size_of_result(x: Tensor, margins: Margins) -> tuple[int, int]:
    left, right, top, bottom = margins
    return x.shape[2] + top + bottom - 2, x.shape[3] + left + right - 2


def _framed(x: Tensor, padding: Padding, margins: Margins) -> Tensor:
    """(h', w', c): ``x`` with its margins, and with zeros up to whole tiles."""
    height, width = _size_of_result(x, margins)
    down, across = -(-height // OUTPUTS), -(-width // OUTPUTS)
    overlap = INPUTS - OUTPUTS
    room = torch.empty(
        (OUTPUTS * down + overlap, OUTPUTS * across + overlap, x.shape[1]), dtype=x.dtype
    )
    room[height + overlap :] = 0
    room[:, width + overlap :] = 0
    framed = room[: height + overlap, : width + overlap].permute(2, 0, 1).unsqueeze(0)
    without_margins(framed, margins).copy_(x)
    fill_margins(framed, padding, margins)
    return room


def _convolved(
    framed: Tensor,
    size: tuple[int, int],
    transform: Transforms,
    factors: Tensor,
    bias: Tensor | None,
) -> Tensor:
    """(1, c, *size), channels-last.

    Args:
        framed: (h, w, c') of whole tiles, contiguous.
        factors: (36, c', c), of the filters.
        bias: (c,).
    """
    channels, count = factors.shape[1:]
    down, across = (side // OUTPUTS for side in framed.shape[:2])
    rows = max(1, CHUNK_VALUES // (INPUTS**2 * across * max(channels, count)))
    result = torch.empty((1, count, *size), dtype=framed.dtype, memory_format=torch.channels_last)
    by_row = result[0].permute(1, 2, 0)
    line, column, _ = framed.stride()
    for top in range(0, down, rows):
        many = min(rows, down - top)
        tiles = many * across
        windows = framed.as_strided(
            (INPUTS, INPUTS, many, across, channels),
            (line, column, OUTPUTS * line, OUTPUTS * column, 1),
            OUTPUTS * top * line,
        )
        inputs = transform.inputs @ windows.reshape(INPUTS**2, tiles * channels)
        products = torch.bmm(inputs.view(INPUTS**2, tiles, channels), factors)
        outputs = transform.outputs @ products.view(INPUTS**2, tiles * count)
        _write(outputs.view(OUTPUTS, OUTPUTS, many, across, count), by_row[OUTPUTS * top :], bias)
    return result


def _write(outputs: Tensor, result: Tensor, bias: Tensor | None) -> None:
    """Write tiles to their places; what goes beyond the result is left out.

    Args:
        outputs: (4, 4, down, across, c), the positions of a tile first.
        result: (h, w, c), the first rows of which are theirs.
        bias: (c,).
    """
    rows = result[: OUTPUTS * outputs.shape[2]]
    for row in range(OUTPUTS):
        for column in range(OUTPUTS):
            place = rows[row::OUTPUTS, column::OUTPUTS]
            found = outputs[row, column, : place.shape[0], : place.shape[1]]
            if bias is None:
                place.copy_(found)
            else:
                torch.add(found, bias, out=place)
