"""Where to compute, and in which precision."""

from __future__ import annotations

import time

import torch
from torch.nn import functional as F

from neural_style_protocol.errors import WorkerError

HALF_MUST_WIN_BY = 1.3
"""bfloat16 is chosen only where it is this many times faster: it is then faster on any day."""


def choose_device(name: str) -> torch.device:
    """The device called ``name``: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises:
        WorkerError: it is not there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as problem:
        raise WorkerError(
            f"The computing device {name!r} cannot be used.",
            next_step="Choose `auto`, `cpu`, or a device that this machine has.",
        ) from problem
    return device


def describe_device(device: torch.device) -> str:
    """A name for people: the graphics card's, or the processor's with its threads."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} threads"


def fastest_precision(device: torch.device) -> torch.dtype:
    """bfloat16 where a convolution is clearly faster in it, float32 elsewhere.

    Measured, because processors that know bfloat16's name without its instructions emulate it
    many times slower. Takes about a tenth of a second.
    """
    if device.type == "mps":
        return torch.float32
    single = _convolution_seconds(device, torch.float32)
    half = _convolution_seconds(device, torch.bfloat16)
    return torch.bfloat16 if single > HALF_MUST_WIN_BY * half else torch.float32


@torch.no_grad()
def _convolution_seconds(device: torch.device, dtype: torch.dtype) -> float:
    channels, side, repeats = 128, 64, 4
    layout = torch.channels_last
    x = torch.ones(1, channels, side, side, device=device, dtype=dtype).to(memory_format=layout)
    w = torch.ones(channels, channels, 3, 3, device=device, dtype=dtype).to(memory_format=layout)
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        F.conv2d(x, w, padding=1)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - began)
    return best
