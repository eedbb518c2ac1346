"""What terms found in the style images that were seen last."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from torch import Tensor

from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.terms.base import SummaryTerm

Summaries: TypeAlias = dict[SummaryTerm, Tensor]
"""What each term, unweighted, makes of a style image's statistic."""

MOST = 32
"""Images that are remembered, at about 2.4 MB each."""


class StyleMemory:
    """The summaries of the style images that were seen last, found by the images' content.

    It belongs to one set of weights.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[tuple[object, ...], Summaries] = {}

    def summaries(
        self,
        vgg: Vgg,
        image: Tensor,
        measures: Iterable[SummaryTerm],
        architecture: Architecture,
        compute: Callable[[], Summaries],
    ) -> Summaries:
        """What ``compute`` gives for ``image``: (1, 3, h, w), unless it is known.

        The tensors are shared: nobody may change them.

        Args:
            measures: unweighted terms.
        """
        key = (
            _digest(image),
            image.shape,
            frozenset(measures),
            architecture,
            vgg.dtype,
            str(vgg.device),
        )
        found = self._known.pop(key, None) or compute()
        self._known[key] = found  # now the newest
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return found


def _digest(image: Tensor) -> bytes:
    values = image.detach().cpu().contiguous().numpy()
    return hashlib.blake2b(values.data, digest_size=32).digest()
