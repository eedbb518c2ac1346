"""Pooling by the maximum, and the way back through it in levels of 8 bits.

The library's own way keeps the place of every maximum in 64 bits, which at a network's first block
is as much to write and read as the map itself. Here the places are found again on the way back.
"""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.engine.pieces import bits, pieces


def max_pool(x: Tensor) -> Tensor:
    """The largest of each 2 × 2 positions: (1, c, ⌊h/2⌋, ⌊w/2⌋) of (1, c, h, w), channels-last.

    None of them may be negative.
    """
    _, channels, height, width = x.shape
    pooled = x.new_empty(1, height // 2, width // 2, channels).permute(0, 3, 1, 2)
    for rows, large in pieces(bits(pooled), bits(x)):
        of_columns = torch.maximum(large[0::2], large[1::2])
        torch.maximum(*_pairs(of_columns), out=rows)
    return pooled


def unpool(levels: Tensor, x: Tensor, pooled: Tensor, large: Tensor) -> None:
    """Give each of ``levels`` to one position whose value was the largest, and nought to the rest.

    Args:
        levels: (1, c, ⌊h/2⌋, ⌊w/2⌋) int8, channels-last.
        x, pooled: what was pooled, (1, c, h, w), and what became of it.
        large: (1, c, h, w) int8, where it is written.
    """
    height, width = x.shape[2:]
    for given, maxima, values, found in pieces(levels, bits(pooled), bits(x), large):
        of_columns = torch.maximum(values[0::2], values[1::2])
        columns = torch.empty(of_columns.shape, dtype=torch.int8)
        columns[:, width // 2 * 2 :] = 0
        left, right = _pairs(columns)
        _share(given, _pairs(of_columns)[0] == maxima, left, right)
        _share(columns, values[0::2] == of_columns, found[0::2], found[1::2])
    large[:, :, height // 2 * 2 :] = 0


def _share(given: Tensor, hit: Tensor, one: Tensor, other: Tensor) -> None:
    """Write what is given to ``one`` where it is hit, else to ``other``; nought to the other."""
    torch.mul(given, hit.view(torch.int8), out=one)
    torch.bitwise_xor(given, one, out=other)


def _pairs(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right of each two columns of (rows, w, c)."""
    width = rows.shape[1] // 2 * 2
    return rows[:, 0:width:2], rows[:, 1:width:2]
