"""Max pooling, and its backward pass in 8-bit levels.

PyTorch stores the index of every maximum in 64 bits; in the first block, these are as large as the
map itself. Here three bytes are stored for each maximum, and the map is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.int8.row_chunks import as_integers, row_chunks


@dataclass(frozen=True)
class Pooled:
    """The maximum of each 2 × 2 positions of (1, c, h, w), and its position.

    Attributes:
        maxima: (1, c, ⌊h/2⌋, ⌊w/2⌋), channels-last like the others.
        upper: (1, c, ⌊h/2⌋, w) int8, 1 where the upper of two rows has the maximum.
        left: (1, c, ⌊h/2⌋, ⌊w/2⌋) int8, 1 where the left of two columns has it.
        height: h.
    """

    maxima: Tensor
    upper: Tensor
    left: Tensor
    height: int

    @property
    def shape(self) -> torch.Size:
        """The shape of the map before pooling."""
        _, channels, _, width = self.upper.shape
        return torch.Size((1, channels, self.height, width))


def max_pool(x: Tensor) -> Pooled:
    """Pool (1, c, h, w), channels-last; no value may be negative."""
    _, channels, height, width = x.shape
    maxima = _empty(channels, height // 2, width // 2, x.dtype)
    left = torch.empty_like(maxima, dtype=torch.int8)
    upper = _empty(channels, height // 2, width, torch.int8)
    for values, above, largest, before in row_chunks(
        as_integers(x), upper, as_integers(maxima), left
    ):
        columns = torch.maximum(values[0::2], values[1::2])
        above.copy_(_equal(values[0::2], columns))
        even, odd = _pairs(columns)
        torch.maximum(even, odd, out=largest)
        before.copy_(_equal(even, largest))
    return Pooled(maxima, upper, left, height)


def unpool(levels: Tensor, pooled: Pooled, large: Tensor) -> None:
    """Write each level to the position of its maximum, and zero elsewhere.

    Args:
        levels: int8, of the maxima's shape.
        large: (1, c, h, w) int8, the output.
    """
    height, width = pooled.shape[2:]
    for found, above, given, before in row_chunks(large, pooled.upper, levels, pooled.left):
        columns = torch.empty(above.shape, dtype=torch.int8)
        columns[:, width // 2 * 2 :] = 0
        _share(given, before, *_pairs(columns))
        _share(columns, above, found[0::2], found[1::2])
    large[:, :, height // 2 * 2 :] = 0


def _share(given: Tensor, first: Tensor, one: Tensor, other: Tensor) -> None:
    """Write ``given`` to ``one`` where ``first`` is 1, else to ``other``; the rest becomes zero."""
    torch.mul(given, first, out=one)
    torch.bitwise_xor(given, one, out=other)


def _equal(one: Tensor, other: Tensor) -> Tensor:
    """1 where both are equal, else 0. A bool result would be several times slower."""
    return torch.eq(one, other, out=torch.empty_like(other))


def _pairs(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right columns of the pairs of columns of (rows, w, c)."""
    width = rows.shape[1] // 2 * 2
    return rows[:, 0:width:2], rows[:, 1:width:2]


def _empty(channels: int, height: int, width: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(1, height, width, channels, dtype=dtype).permute(0, 3, 1, 2)
