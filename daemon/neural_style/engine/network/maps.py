"""The memory layout of feature maps."""

from __future__ import annotations

import torch
from torch import Tensor

PART_ELEMENTS = 1 << 20
"""Elements in a part of a map."""


def flatten_positions(features: Tensor) -> Tensor:
    """(1, c, h, w) as (h·w, c); no copy if ``features`` is channels-last and contiguous."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def parts_to_sum(features: Tensor) -> tuple[Tensor, ...]:
    """(1, c, h, w) as parts (positions, c), each to be summed in float32 or wider.

    Where torch does not run on a graphics card, its sums in another type first copy the whole map
    in that type. The copies of parts stay in the processor's caches.
    """
    flat = flatten_positions(features)
    if flat.is_cuda or flat.dtype in {torch.float32, torch.float64}:
        return (flat,)
    parts: tuple[Tensor, ...] = torch.split(flat, max(1, PART_ELEMENTS // flat.shape[1]))
    return parts
