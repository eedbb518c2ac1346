"""A linear change of colours, which can be kept and used for another picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

CHUNK_PIXELS = 1 << 18
"""Pixels that are changed at a time, so that a large picture needs no copy."""


@dataclass(frozen=True)
class ColourMap:
    """x ↦ Ax + b for the three values of each pixel.

    Attributes:
        linear: A, (3, 3) float64 on the CPU.
        offset: b, (3, 1) float64 on the CPU.
    """

    linear: Tensor
    offset: Tensor

    @classmethod
    def identity(cls) -> ColourMap:
        """The map that changes nothing."""
        kind = torch.float64
        return cls(torch.eye(3, dtype=kind), torch.zeros(3, 1, dtype=kind))

    def on(self, values: Tensor) -> Tensor:
        """The map of (3, h, w), of any range and floating type; a new tensor like ``values``."""
        # On the CPU, because an Apple GPU has no float64.
        moved = self.linear @ values.flatten(1).cpu().double() + self.offset
        return moved.view_as(values).to(values.device, values.dtype)

    def within_range(self, image: Tensor) -> Tensor:
        """``image``, (3, h, w) in [0, 1], changed in place and clamped to [0, 1]."""
        linear = self.linear.to(image.device, image.dtype)
        offset = self.offset.to(image.device, image.dtype)
        for rows in torch.split(image, max(1, CHUNK_PIXELS // image.shape[2]), 1):
            moved = torch.addmm(offset, linear, rows.reshape(3, -1))
            rows.copy_(moved.clamp_(0, 1).view(rows.shape))
        return image

    def blended(self, share: float) -> ColourMap:
        """``share`` of this map and the rest of the identity."""
        same = ColourMap.identity()
        return ColourMap(torch.lerp(same.linear, self.linear, share), share * self.offset)


def mixed(maps: list[tuple[ColourMap, float]]) -> ColourMap:
    """The mean of maps, weighted by shares that sum to one."""
    linear, offset = torch.zeros(3, 3, dtype=torch.float64), torch.zeros(3, 1, dtype=torch.float64)
    for each, share in maps:
        linear += share * each.linear
        offset += share * each.offset
    return ColourMap(linear, offset)
