"""The division of the network: which blocks run together, and the size of their tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Stage:
    """Consecutive blocks, computed together tile by tile.

    Attributes:
        first, last: numbers of the first and last block.
        tile: longest side of a tile, in positions of the last block's maps.
        keep: whether activations are kept for the backward pass instead of being recomputed.
    """

    first: int
    last: int
    tile: int
    keep: bool = False

    @property
    def blocks(self) -> range:
        return range(self.first, self.last + 1)


Tiling: TypeAlias = tuple[Stage, ...]
"""Stages from the image to the deepest block."""
