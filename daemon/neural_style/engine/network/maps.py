"""How feature maps lie in memory."""

from __future__ import annotations

from torch import Tensor


def flatten_positions(features: Tensor) -> Tensor:
    """(h·w, c) of (1, c, h, w): no copy where these are channels-last and without gaps."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
