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
