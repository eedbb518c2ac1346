"""The maps that features are compared with: kept, or looked up in the styles' own maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from neural_style.engine.network.passes import WHOLE, Window
from neural_style.engine.objective.matching import features_at


class Target(Protocol):
    """A map to compare with, in this process's rows."""

    @property
    def values(self) -> int:
        """How many there are."""

    @property
    def dtype(self) -> torch.dtype:
        """The type in which they are kept."""

    def at(self, window: Window, dtype: torch.dtype) -> Tensor:
        """A part of the map: (1, c, h, w)."""

    def rows(self) -> Iterator[Tensor]:
        """The map row by row, in the type in which it is kept."""


@dataclass(frozen=True)
class KeptTarget:
    """A map that is kept, perhaps in a narrower type than that of the features; or a summary."""

    whole: Tensor

    @property
    def values(self) -> int:
        return self.whole.numel()

    @property
    def dtype(self) -> torch.dtype:
        return self.whole.dtype

    def at(self, window: Window, dtype: torch.dtype) -> Tensor:
        part = self.whole if window == WHOLE else self.whole[window]
        return part.to(dtype)

    def rows(self) -> Iterator[Tensor]:
        yield from self.whole.unbind(-2)


@dataclass(frozen=True)
class Found:
    """What one style has.

    Attributes:
        share: of the style.
        features: the style's whole map, (1, c, h', w').
        positions: see :func:`~neural_style.engine.objective.matching.features_at`.
    """

    share: float
    features: Tensor
    positions: Tensor


@dataclass(frozen=True)
class LookedUp:
    """The styles' features at matching places: their mean, weighted by share.

    Where the styles are smaller than the picture, their maps take less memory than that of the
    picture would, which repeats their features.
    """

    found: tuple[Found, ...]

    @property
    def values(self) -> int:
        return self.found[0].positions.numel() * self.found[0].features.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        return self.found[0].features.dtype

    def at(self, window: Window, dtype: torch.dtype) -> Tensor:
        first, *others = (self._of(each, window, dtype) for each in self.found)
        for other in others:
            first += other
        return first

    def rows(self) -> Iterator[Tensor]:
        for row in range(len(self.found[0].positions)):
            yield self.at((..., slice(row, row + 1), slice(None)), self.dtype)

    def _of(self, each: Found, window: Window, dtype: torch.dtype) -> Tensor:
        part = features_at(each.features, each.positions[window[1:]]).to(dtype)
        return part if each.share == 1 else part.mul_(each.share)
