"""Style statistics that need not be computed twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from torch import Tensor

from neural_style.engine.network.vgg import Architecture, Vgg

Grams: TypeAlias = dict[str, Tensor]
"""Gram matrices by feature layer."""

MOST = 32
"""Images that are remembered, at about 2.4 MB each."""


class StyleMemory:
    """The Gram matrices of the style images that were seen last, found by the images' content.

    It belongs to one set of weights.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[tuple[object, ...], Grams] = {}

    def grams(
        self,
        vgg: Vgg,
        image: Tensor,
        layers: Iterable[str],
        architecture: Architecture,
        compute: Callable[[], Grams],
    ) -> Grams:
        """What ``compute`` gives for ``image``: (1, 3, h, w), unless it is known.

        The matrices are shared: nobody may change them.
        """
        key = (
            _digest(image),
            image.shape,
            frozenset(layers),
            architecture,
            vgg.dtype,
            str(vgg.device),
        )
        grams = self._known.pop(key, None) or compute()
        self._known[key] = grams  # now the newest
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return grams


def _digest(image: Tensor) -> bytes:
    values = image.detach().cpu().contiguous().numpy()
    return hashlib.blake2b(values.data, digest_size=32).digest()
