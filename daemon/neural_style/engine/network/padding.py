"""The padding of maps for convolutions, and its transpose."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

Padding: TypeAlias = Literal["zeros", "replicate", "circular"]

Margins: TypeAlias = tuple[int, int, int, int]
"""Positions added at the left, right, top and bottom. For a convolution each is 0 or 1."""

ALL_ROUND: Margins = (1, 1, 1, 1)


def padded(x: Tensor, padding: Padding, margins: Margins) -> tuple[Tensor, tuple[int, int]]:
    """The input of a convolution, and the zero padding (rows, columns) that it must still add."""
    left, right, top, bottom = margins
    if padding == "zeros":
        if left == right and top == bottom:
            return x, (top, left)
        return F.pad(x, margins), (0, 0)
    if not any(margins):
        return x, (0, 0)
    if x.device.type == "cpu":
        return F.pad(x, margins, mode=padding), (0, 0)
    return _PaddedByCopies.apply(x, padding, margins), (0, 0)


class _PaddedByCopies(torch.autograd.Function):
    """Padding for graphics cards, in channels-last and with the same sums each time.

    There the library's own padding changes the layout, which the convolutions must change back,
    and its backward pass adds in any order.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, padding: Padding, margins: Margins) -> Tensor:
        left, right, top, bottom = margins
        _, channels, height, width = x.shape
        framed = torch.empty(
            (1, channels, top + height + bottom, left + width + right),
            dtype=x.dtype,
            device=x.device,
            memory_format=torch.channels_last,
        )
        without_margins(framed, margins).copy_(x)
        fill_margins(framed, padding, margins)
        ctx.padding, ctx.margins = padding, margins
        return framed

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        # The gradient may be another's too, so it is not changed in place.
        return fold_margins(gradient.clone(), ctx.padding, ctx.margins), None, None


def without_margins(framed: Tensor, margins: Margins) -> Tensor:
    """A view of (1, c, h, w) without its margins."""
    left, right, top, bottom = margins
    height, width = framed.shape[2:]
    return framed[:, :, top : height - bottom, left : width - right]


def fill_margins(framed: Tensor, padding: Padding, margins: Margins) -> None:
    """Fill the margins of (1, c, h, w) in place with the padding's values.

    Args:
        margins: any sizes for ``zeros``, else 0 or 1 each.
    """
    left, right, top, bottom = margins
    for dimension, before, after in ((2, top, bottom), (3, left, right)):
        length = framed.shape[dimension]
        for margin, start, source in (
            (before, 0, _source(padding, True, length, before, after)),
            (after, length - after, _source(padding, False, length, before, after)),
        ):
            edge = framed.narrow(dimension, start, margin)
            if padding == "zeros":
                edge.zero_()
            elif margin:
                edge.copy_(framed.narrow(dimension, source, 1))


def fold_margins(gradient: Tensor, padding: Padding, margins: Margins) -> Tensor:
    """The gradient at a map from the gradient at the padded map: the transpose of the padding.

    Args:
        gradient: (1, c, h, w) with its margins; it is modified.
        padding: not ``zeros``, for which :func:`without_margins` is enough.

    Returns:
        A view without the margins.
    """
    left, right, top, bottom = margins
    for dimension, before, after in ((3, left, right), (2, top, bottom)):
        length = gradient.shape[dimension]
        for margin, start, first in ((before, 0, True), (after, length - 1, False)):
            if margin:
                source = _source(padding, first, length, before, after)
                edge = gradient.narrow(dimension, start, 1)
                gradient.narrow(dimension, source, 1).add_(edge)
    return without_margins(gradient, margins)


def _source(padding: Padding, first: bool, length: int, before: int, after: int) -> int:
    """Index of the value that fills the first or last margin, along one dimension."""
    nearest = first if padding != "circular" else not first
    return before if nearest else length - after - 1
