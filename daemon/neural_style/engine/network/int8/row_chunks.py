"""Large maps a few rows at a time.

A pass over a map that a processor's cache does not hold costs more than its sums. What several
passes are made of is therefore done piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

PIECE = 1 << 20
"""Values in a piece of the largest map, about."""


def pieces(*maps: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same part of each map, from top to bottom, as views (rows, w, c).

    Args:
        maps: (1, c, h, w), channels-last. Some may have half the others' height, rounded down;
            the pieces of the others then have two rows for one of theirs, and leave out an odd
            last one.
    """
    heights = [each.shape[2] for each in maps]
    least, most = min(heights), max(heights)
    width, channels = max((each.shape[3], each.shape[1]) for each in maps)
    times = 1 if least == most else 2
    count = max(1, PIECE // (times * width * channels))
    parts = []
    for each, height in zip(maps, heights, strict=True):
        scale = 1 if height == least else 2
        rows = each[0].permute(1, 2, 0)[: scale * least]
        parts.append(torch.split(rows, scale * count))
    return zip(*parts, strict=True)


def bits(values: Tensor) -> Tensor:
    """The same memory as whole numbers, which have the order of values that are not negative.

    What is no number comes after all that are. Whole numbers are compared several times as fast.
    """
    return values.view(torch.int16 if values.dtype.itemsize == 2 else torch.int32)


WHOLE = 1.5 * 2.0**23
"""Added to a float32 value below 2²² in magnitude, it leaves its rounded whole part in the lowest
bits of the sum."""


def write_rounded(
    levels: Tensor, values: Tensor, scale: float, factors: Tensor | None = None
) -> None:
    """Write round(values · factors · scale); in a cache, twice as quick as in half precision.

    Args:
        levels: of any 8-bit type, which the results fit into.
        values: of the same shape and any floating type.
        factors: float32, for the values of one row each.
    """
    sums = torch.empty(values.shape, dtype=torch.float32).copy_(values)
    whole = torch.tensor(WHOLE)
    if factors is None:
        torch.add(whole, sums, alpha=scale, out=sums)
    else:
        torch.addcmul(whole, sums, factors, value=scale, out=sums)
    levels.copy_(sums.view(torch.int32))


def passing(slope: Tensor, result: Tensor) -> Tensor:
    """The slope before a rectification with that result, which nowhere is negative."""
    passed: Tensor = torch.ops.aten.threshold_backward(bits(slope), bits(result), 0)
    return passed.view(slope.dtype)
