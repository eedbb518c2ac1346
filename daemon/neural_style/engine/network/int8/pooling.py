"""Pooling by the maximum, and the way back through it in levels of 8 bits.

The library's own way keeps the place of every maximum in 64 bits, which at a network's first block
is as much to write and read as the map itself. Here it is kept in three bytes, and the map is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.int8.row_chunks import bits, pieces


@dataclass(frozen=True)
class Pooled:
    """The largest of each 2 × 2 positions of (1, c, h, w), and where they were.

    Attributes:
        maxima: (1, c, ⌊h/2⌋, ⌊w/2⌋), channels-last, as the others are.
        upper: (1, c, ⌊h/2⌋, w) int8, 1 where the upper of two rows has the larger value.
        left: (1, c, ⌊h/2⌋, ⌊w/2⌋) int8, 1 where the left of two columns has it.
        height: h.
    """

    maxima: Tensor
    upper: Tensor
    left: Tensor
    height: int

    @property
    def shape(self) -> torch.Size:
        """Of what was pooled."""
        _, channels, _, width = self.upper.shape
        return torch.Size((1, channels, self.height, width))


def max_pool(x: Tensor) -> Pooled:
    """Pool (1, c, h, w), channels-last, of which none may be negative."""
    _, channels, height, width = x.shape
    maxima = _empty(channels, height // 2, width // 2, x.dtype)
    left = torch.empty_like(maxima, dtype=torch.int8)
    upper = _empty(channels, height // 2, width, torch.int8)
    for values, above, largest, before in pieces(bits(x), upper, bits(maxima), left):
        columns = torch.maximum(values[0::2], values[1::2])
        above.copy_(_equal(values[0::2], columns))
        even, odd = _pairs(columns)
        torch.maximum(even, odd, out=largest)
        before.copy_(_equal(even, largest))
    return Pooled(maxima, upper, left, height)


def unpool(levels: Tensor, pooled: Pooled, large: Tensor) -> None:
    """Give each of the levels to the position that was the largest, and nought to the rest.

    Args:
        levels: int8, as the maxima are.
        large: (1, c, h, w) int8, where it is written.
    """
    height, width = pooled.shape[2:]
    for found, above, given, before in pieces(large, pooled.upper, levels, pooled.left):
        columns = torch.empty(above.shape, dtype=torch.int8)
        columns[:, width // 2 * 2 :] = 0
        _share(given, before, *_pairs(columns))
        _share(columns, above, found[0::2], found[1::2])
    large[:, :, height // 2 * 2 :] = 0


def _share(given: Tensor, first: Tensor, one: Tensor, other: Tensor) -> None:
    """Write what is given to ``one`` where ``first`` is 1, else to ``other``; nought beside it."""
    torch.mul(given, first, out=one)
    torch.bitwise_xor(given, one, out=other)


def _equal(one: Tensor, other: Tensor) -> Tensor:
    """1 where they are, else 0. As truth values they would take several times as long."""
    return torch.eq(one, other, out=torch.empty_like(other))


def _pairs(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right of each two columns of (rows, w, c)."""
    width = rows.shape[1] // 2 * 2
    return rows[:, 0:width:2], rows[:, 1:width:2]


def _empty(channels: int, height: int, width: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(1, height, width, channels, dtype=dtype).permute(0, 3, 1, 2)
