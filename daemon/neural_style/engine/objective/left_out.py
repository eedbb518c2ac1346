"""What of a style image is not part of its style."""

from __future__ import annotations

from torch import Tensor

from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.passes import Window
from neural_style.engine.picture.resize import Size, resize
from neural_style.engine.share import Bands

LEAST_KEPT = 0.25
"""Where less than this share of a map would be left, nothing is left out of it."""


def kept_places(left_out: Tensor, size: Size) -> Tensor:
    """Which places of a map belong to the style: (h, w) of bool.

    Args:
        left_out: (1, h', w') in [0, 1]: see :class:`~neural_style.engine.task.StyleImage`.
        size: (height, width) of the map.
    """
    kept = resize(left_out, size)[0] <= 0.5
    if kept.sum() < LEAST_KEPT * kept.numel():
        kept.fill_(True)
    return kept


class Part:
    """The positions of an image's maps that count.

    Args:
        left_out: see :func:`kept_places`; None if all count.
        bands: the image's rows in each process.
        width: of the image.
    """

    def __init__(self, left_out: Tensor | None, bands: Bands, width: int) -> None:
        self._left_out = left_out
        self._bands = bands
        self._width = width
        self._kept: dict[str, Tensor] = {}

    def of(self, features: Tensor, layer: str, window: Window) -> Tensor:
        """The features of some of this process's positions that count: (1, c, 1, n).

        Args:
            features: (1, c, h, w), of a window of this process's rows of the layer's map; it is
                the result if all count.
        """
        if self._left_out is None:
            return features
        own = self._bands.halved(LAYERS[layer].block - 1).own
        kept = self._places(layer, self._left_out)[own.slice][window]
        return features[0].permute(1, 2, 0)[kept].T[None, :, None]

    def elements(self, layer: str) -> int:
        """The number of values that count in the whole map."""
        if self._left_out is None:
            return LAYERS[layer].elements((self._bands.height, self._width))
        return LAYERS[layer].channels * int(self._places(layer, self._left_out).sum())

    def _places(self, layer: str, left_out: Tensor) -> Tensor:
        if layer not in self._kept:
            size = LAYERS[layer].size((self._bands.height, self._width))
            self._kept[layer] = kept_places(left_out, size)
        return self._kept[layer]
