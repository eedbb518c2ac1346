"""The feature layers of VGG-19 (Simonyan & Zisserman 2015), as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neural_style.weights.layers import CHANNELS, CONVOLUTIONS


@dataclass(frozen=True)
class Layer:
    """A map that can be read: a convolution's output, before or after rectification.

    Attributes:
        name: ``conv4_1`` before, ``relu4_1`` after rectification.
        convolution: the convolution that it is the output of.
        block: 1 to 5; there is a pooling between two blocks.
        depth: the convolution's place in the network, from 0.
        channels: of the map.
    """

    name: str
    convolution: str
    block: int
    depth: int
    channels: int

    def size(self, picture: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the map of a picture of (height, width)."""
        poolings = self.block - 1
        return picture[0] >> poolings, picture[1] >> poolings

    def elements(self, picture: tuple[int, int]) -> int:
        """How many values the map of a picture of (height, width) has."""
        height, width = self.size(picture)
        return self.channels * height * width

    @property
    def positions_per_pixel(self) -> float:
        """Positions of the map for each pixel of the picture."""
        return 0.25 ** (self.block - 1)


def _table() -> dict[str, Layer]:
    table = {}
    for depth, (convolution, channels) in enumerate(zip(CONVOLUTIONS, CHANNELS, strict=True)):
        block = int(convolution[len("conv")])
        for name in (convolution, convolution.replace("conv", "relu")):
            table[name] = Layer(name, convolution, block, depth, channels)
    return table


LAYERS: Mapping[str, Layer] = _table()
"""Every layer that can be read, by its name."""

BLOCKS: Mapping[int, tuple[str, ...]] = {
    block: tuple(name for name in CONVOLUTIONS if LAYERS[name].block == block)
    for block in range(1, 6)
}
"""The convolutions between poolings, by block."""

LAST_OF_BLOCKS = frozenset(BLOCKS[block][-1] for block in range(1, 5))
"""The convolutions before the poolings."""


def rectified(convolution: str) -> str:
    """The name of a convolution's output after rectification."""
    return convolution.replace("conv", "relu")
