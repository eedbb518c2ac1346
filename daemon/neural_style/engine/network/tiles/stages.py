"""How the network is cut: which blocks run together, and in tiles of which size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Stage:
    """Consecutive blocks that are computed together, tile by tile.

    Attributes:
        first, last: numbers of the blocks.
        tile: longest side of a tile, in positions of the last block's maps.
        keep: whether all activations are kept for the way back instead of being computed again.
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
