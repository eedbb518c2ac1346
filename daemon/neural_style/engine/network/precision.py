"""Measures which precision is the fastest on a device."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

HALF_MUST_WIN_BY = 1.3
"""bfloat16 is chosen only if it is this many times faster, so that the choice is stable."""

CHANNELS, SIDE = 256, 64
"""The shape of the timed convolution."""


def fastest_precision(device: torch.device) -> torch.dtype:
    """bfloat16 if a convolution is clearly faster in it, else float32.

    This is measured, because processors without bfloat16 instructions emulate them many times
    slower. It takes about a tenth of a second.
    """
    if device.type == "mps":
        return torch.float32
    single = convolution_seconds(device, torch.float32)
    half = convolution_seconds(device, torch.bfloat16)
    return torch.bfloat16 if single > HALF_MUST_WIN_BY * half else torch.float32


def convolution_seconds(device: torch.device, dtype: torch.dtype) -> float:
    """The seconds of one convolution of a medium-sized layer, the best of several."""
    x = sample_input(device, dtype)
    w = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device, dtype=dtype)
    w = w.to(memory_format=torch.channels_last)
    return best_seconds(lambda: F.conv2d(x, w, padding=1))


def sample_input(device: torch.device, dtype: torch.dtype) -> Tensor:
    """(1, CHANNELS, SIDE, SIDE) of ones, channels-last."""
    x = torch.ones(1, CHANNELS, SIDE, SIDE, device=device, dtype=dtype)
    return x.to(memory_format=torch.channels_last)


@torch.no_grad()
def best_seconds(compute: Callable[[], Tensor], repeats: int = 4) -> float:
    """The shortest time of ``compute``, in seconds."""
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        result = compute()
        if result.device.type == "cuda":
            torch.cuda.synchronize(result.device)
        best = min(best, time.perf_counter() - began)
    return best
