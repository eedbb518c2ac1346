"""The memory layout of feature maps."""

from __future__ import annotations

from torch import Tensor


def flatten_positions(features: Tensor) -> Tensor:
    """(1, c, h, w) as (h·w, c); no copy if ``features`` is channels-last and contiguous."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
