"""A cache of the style images' summaries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from torch import Tensor

from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.terms.base import Summary

Summaries: TypeAlias = dict[Summary, Tensor]
"""The summaries of an image; those that are compared are unweighted terms."""

MOST = 32
"""Cached images, about 2.4 MB each."""


class StyleCache:
    """Keeps the summaries of the most recently used style images.

    The key is the image's content. A cache is valid for one set of weights only.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._cached: dict[tuple[object, ...], Summaries] = {}

    def summaries(
        self,
        vgg: Vgg,
        image: Tensor,
        measures: Iterable[Summary],
        architecture: Architecture,
        compute: Callable[[], Summaries],
        left_out: Tensor | None = None,
    ) -> Summaries:
        """The summaries of ``image``, (1, 3, h, w): cached, or from ``compute``.

        The tensors are shared; do not modify them.

        Args:
            measures: what is computed; terms are unweighted.
            left_out: of the image, what does not count; None for nothing.
        """
        key = (
            _digest(image),
            image.shape,
            b"" if left_out is None else _digest(left_out),
            frozenset(measures),
            architecture,
            vgg.dtype,
            str(vgg.device),
        )
        found = self._cached.pop(key, None) or compute()
        self._cached[key] = found  # moves it to the end
        while len(self._cached) > self._most:
            del self._cached[next(iter(self._cached))]
        return found


def _digest(image: Tensor) -> bytes:
    values = image.detach().cpu().contiguous().numpy()
    return hashlib.blake2b(values.data, digest_size=32).digest()
