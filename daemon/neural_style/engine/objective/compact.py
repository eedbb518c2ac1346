"""Maps that are only kept to be compared with, in half of their size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from neural_style.engine.network.passes import WHOLE, Window

Kept: TypeAlias = Callable[[Tensor], Tensor]
"""Converts a map, or a part of it, to the type in which it is kept."""


def as_it_is(features: Tensor) -> Tensor:
    """The map itself."""
    return features


def compact(features: Tensor) -> Tensor:
    """A map in float32 as float16, which rounds to three digits; any other as it is.

    A map with values beyond float16's range stays as it is, too.
    """
    if features.dtype != torch.float32:
        return features
    least, most = torch.aminmax(features)
    fits = max(-least.item(), most.item()) <= torch.finfo(torch.float16).max
    return features.to(torch.float16) if fits else features


class KeptMap:
    """A map that is put together from its parts, in the narrowest type that holds them all.

    Args:
        size: (height, width) of the whole.
        kept: converts each part.

    Attributes:
        whole: (1, c, height, width), channels-last; None before the first part.
    """

    def __init__(self, size: tuple[int, int], kept: Kept) -> None:
        self._size = size
        self._kept = kept
        self.whole: Tensor | None = None

    def put(self, part: Tensor, window: Window) -> None:
        """Put a part, (1, c, h, w), into its place."""
        if window == WHOLE:
            self.whole = self._kept(part)
            return
        part = self._kept(part)
        if self.whole is None:
            self.whole = torch.empty(
                (1, part.shape[1], *self._size),
                dtype=part.dtype,
                device=part.device,
                memory_format=torch.channels_last,
            )
        wide = torch.promote_types(self.whole.dtype, part.dtype)
        self.whole = self.whole.to(wide)
        self.whole[window] = part
