"""Maps that are only kept to be compared with, in half of their size."""

from __future__ import annotations

import torch
from torch import Tensor


def compact(features: Tensor) -> Tensor:
    """A map in float32 as float16, which rounds to three digits; any other as it is.

    A map with values beyond float16's range stays as it is, too.
    """
    if features.dtype != torch.float32:
        return features
    least, most = torch.aminmax(features)
    fits = max(-least.item(), most.item()) <= torch.finfo(torch.float16).max
    return features.to(torch.float16) if fits else features
