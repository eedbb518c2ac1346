"""Resizing where several processes share a picture: each gets its rows of the result."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from neural_style.engine.picture.resize import resize
from neural_style.engine.share import Bands, Span

REACH = 2.0
"""How far the bicubic kernel reaches, in rows of the coarser picture."""

SHARPNESS = -0.5
"""The kernel's parameter, as PyTorch and Pillow have it (Keys 1981)."""


def resize_band(image: Tensor, source: Bands, target: Bands, width: int) -> Tensor:
    """The own rows of what :func:`~neural_style.engine.picture.resize.resize` makes of a picture.

    It is the same but for rounding.

    Args:
        image: the own rows of ``source``: (…, c, rows, w) float.
        source: who has which rows; if this process has all of them, so has each other.
        target: who gets which rows of the result.
        width: of the result.

    Returns:
        (…, c, rows, width).
    """
    if target.are_one and source.are_one:
        return resize(image, (target.height, width))
    needed = tuple(_read_rows(span, source.height, target.height) for span in target.spans)
    seen = source.share.complete(image, source.spans, needed)
    first = 0 if source.are_one else needed[source.share.rank].start
    if width != seen.shape[-1]:
        seen = resize(seen, (seen.shape[-2], width))
    if source.height == target.height:
        return seen[..., target.own.moved(-first).slice, :]
    return _resized_rows(seen, first, source.height, target.own, target.height)


def _read_rows(rows: Span, source: int, target: int) -> Span:
    """The rows of the source that the result's ``rows`` are made of."""
    if source == target or not len(rows):
        return rows
    first, _ = _taps(rows.start, source, target)
    last, weights = _taps(rows.stop - 1, source, target)
    return Span(first, last + len(weights))


def _taps(row: int, source: int, target: int) -> tuple[int, list[float]]:
    """The first row that a row of the result is made of, and the weights from there on."""
    scale = source / target
    stretch = max(1.0, scale)  # shrinking, the kernel is as wide as the result's rows
    middle = scale * (row + 0.5)
    first = max(0, int(middle - REACH * stretch + 0.5))
    stop = min(source, int(middle + REACH * stretch + 0.5))
    weights = [_kernel((at - middle + 0.5) / stretch) for at in range(first, stop)]
    total = math.fsum(weights)
    return first, [weight / total for weight in weights]


def _kernel(at: float) -> float:
    """Keys' cubic kernel."""
    x = abs(at)
    if x < 1:
        return ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1
    if x < REACH:
        return ((x - 5) * x + 8) * x * SHARPNESS - 4 * SHARPNESS
    return 0.0


def _resized_rows(seen: Tensor, first: int, source: int, rows: Span, target: int) -> Tensor:
    """The result's ``rows``, from ``seen``, whose first row is the source's row ``first``."""
    taps = [_taps(row, source, target) for row in range(rows.start, rows.stop)]
    most = max((len(weights) for _, weights in taps), default=0)
    shape = *seen.shape[:-2], len(taps), seen.shape[-1]
    result = seen.new_zeros(shape)
    last = seen.shape[-2] - 1
    for tap in range(most):
        at = [min(last, start - first + tap) for start, _ in taps]
        weight = [weights[tap] if tap < len(weights) else 0.0 for _, weights in taps]
        values = seen.index_select(-2, torch.tensor(at, device=seen.device))
        column = torch.tensor(weight, dtype=torch.float64).to(seen.device, seen.dtype)
        result.addcmul_(values, column.view(-1, 1))
    return result
