"""The feature layers of VGG-19 (Simonyan & Zisserman 2015), as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neural_style.weights.layers import CHANNELS, CONVOLUTIONS


@dataclass(frozen=True)
class Layer:
    """A readable map: a convolution's output, before or after the ReLU.

    Attributes:
        name: ``conv4_1`` before, ``relu4_1`` after the ReLU.
        convolution: the convolution's name.
        block: 1 to 5; a pooling separates two blocks.
        depth: index of the convolution in the network, from 0.
        channels: channels of the map.
    """

    name: str
    convolution: str
    block: int
    depth: int
    channels: int

    def size(self, picture: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the map for a picture of (height, width)."""
        poolings = self.block - 1
        return picture[0] >> poolings, picture[1] >> poolings

    def elements(self, picture: tuple[int, int]) -> int:
        """Number of values in the map for a picture of (height, width)."""
        height, width = self.size(picture)
        return self.channels * height * width

    @property
    def positions_per_pixel(self) -> float:
        """Positions of the map per pixel of the picture."""
        return 0.25 ** (self.block - 1)


def _table() -> dict[str, Layer]:
    table = {}
    for depth, (convolution, channels) in enumerate(zip(CONVOLUTIONS, CHANNELS, strict=True)):
        block = int(convolution[len("conv")])
        for name in (convolution, convolution.replace("conv", "relu")):
            table[name] = Layer(name, convolution, block, depth, channels)
    return table


LAYERS: Mapping[str, Layer] = _table()
"""Every readable layer, by name."""

BLOCKS: Mapping[int, tuple[str, ...]] = {
    block: tuple(name for name in CONVOLUTIONS if LAYERS[name].block == block)
    for block in range(1, 6)
}
"""The names of each block's convolutions."""

LAST_OF_BLOCKS = frozenset(BLOCKS[block][-1] for block in range(1, 5))
"""The convolutions that are followed by a pooling."""


def rectified(convolution: str) -> str:
    """The name of a convolution's output after the ReLU."""
    return convolution.replace("conv", "relu")
