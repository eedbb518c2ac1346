"""Chooses the fastest precision on a device: by measuring on a processor, by kind on a card."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

HALF_MUST_WIN_BY = 1.3
"""bfloat16 is chosen only if it is this many times faster, so that the choice is stable."""

NVIDIA_WITH_BFLOAT16 = (8, 0)
"""The first compute capability: Ampere. Before it, bfloat16 is emulated or missing."""
AMD_WITH_BFLOAT16 = ("gfx90a", "gfx94", "gfx95", "gfx11", "gfx12")

CHANNELS, SIDE = 256, 64
"""The shape of the timed convolution."""


def fastest_precision(device: torch.device) -> torch.dtype:
    """bfloat16 if the device computes in it clearly faster, else float32.

    On a processor this is measured, because one without bfloat16 instructions emulates them many
    times slower. It takes about a tenth of a second. A convolution of that size is over on a card
    before the next is started, so there its kind decides.
    """
    if device.type == "cuda":
        return torch.bfloat16 if _card_has_bfloat16(device) else torch.float32
    if device.type == "mps":
        return torch.float32
    single = convolution_seconds(device, torch.float32)
    half = convolution_seconds(device, torch.bfloat16)
    return torch.bfloat16 if single > HALF_MUST_WIN_BY * half else torch.float32


def _card_has_bfloat16(device: torch.device) -> bool:
    """Whether the card multiplies matrices in bfloat16."""
    if torch.version.hip is not None:
        chip = str(torch.cuda.get_device_properties(device).gcnArchName)
        return chip.startswith(AMD_WITH_BFLOAT16)
    return torch.cuda.get_device_capability(device) >= NVIDIA_WITH_BFLOAT16


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
    """The shortest time of ``compute`` on the processor, in seconds."""
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        compute()
        best = min(best, time.perf_counter() - began)
    return best
