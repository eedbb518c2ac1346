"""Processing large maps a few rows at a time.

A pass over a map that is larger than the CPU's cache is limited by memory, not arithmetic. Several
passes over the same map are therefore done chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

CHUNK_VALUES = 1 << 20
"""Approximate number of values in a chunk of the largest map."""


def row_chunks(*maps: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield the same part of each map, from top to bottom, as views (rows, w, c).

    Args:
        maps: (1, c, h, w), channels-last. Some may have half the others' height, rounded down.
            The chunks of the taller maps then have twice as many rows, without an odd last row.
    """
    heights = [each.shape[2] for each in maps]
    least, most = min(heights), max(heights)
    width, channels = max((each.shape[3], each.shape[1]) for each in maps)
    times = 1 if least == most else 2
    count = max(1, CHUNK_VALUES // (times * width * channels))
    parts = []
    for each, height in zip(maps, heights, strict=True):
        ratio = 1 if height == least else 2
        rows = each[0].permute(1, 2, 0)[: ratio * least]
        parts.append(torch.split(rows, ratio * count))
    return zip(*parts, strict=True)


def as_integers(values: Tensor) -> Tensor:
    """The same memory as integers. They sort like the values if none is negative; NaNs sort last.

    Comparing integers is several times faster.
    """
    return values.view(torch.int16 if values.dtype.itemsize == 2 else torch.int32)


ROUNDING_OFFSET = 1.5 * 2.0**23
"""Adding it to a float32 value below 2²² in magnitude puts the rounded value into the lowest bits
of the sum."""


def write_rounded(
    levels: Tensor, values: Tensor, multiplier: float, factors: Tensor | None = None
) -> None:
    """Write round(values · factors · multiplier) to ``levels``, without clamping.

    In the cache, float32 is twice as fast as half precision here.

    Args:
        levels: of an 8-bit type that holds the results.
        values: of the same shape and any floating type.
        factors: float32, one for each value of a row.
    """
    sums = torch.empty(values.shape, dtype=torch.float32).copy_(values)
    whole = torch.tensor(ROUNDING_OFFSET)
    if factors is None:
        torch.add(whole, sums, alpha=multiplier, out=sums)
    else:
        torch.addcmul(whole, sums, factors, value=multiplier, out=sums)
    levels.copy_(sums.view(torch.int32))


def relu_backward(grad_output: Tensor, result: Tensor) -> Tensor:
    """The gradient before a ReLU whose output is ``result``; no value of it may be negative."""
    gradient: Tensor = torch.ops.aten.threshold_backward(
        as_integers(grad_output), as_integers(result), 0
    )
    return gradient.view(grad_output.dtype)
