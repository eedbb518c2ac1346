"""Where to compute, and in which precision."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.product import (
    FeatureProduct,
    GradientProduct,
    Scratch,
    channel_reach,
)
from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding
from neural_style_protocol.errors import WorkerError

HALF_MUST_WIN_BY = 1.3
"""bfloat16 is chosen only where it is this many times faster: it is then faster on any day."""

INTEGERS_MUST_WIN_BY = 1.2
"""The same for convolutions in 8-bit integers."""

CHANNELS, SIDE = 256, 64
"""Of the convolution that is timed."""


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


def integers_win(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether convolutions in 8-bit integers are right, and clearly faster than in ``dtype``.

    Both are tried: processors without instructions for them are slow, and some of those lose the
    highest digits of the sums. Takes about a tenth of a second.
    """
    if device.type != "cpu":
        return False
    x = _test_input(device, dtype)
    try:
        ways = _integer_ways(x)
        right = F.conv2d(x, torch.ones(CHANNELS, CHANNELS, 3, 3, dtype=dtype), padding=1)
        if not all(torch.allclose(way(), right, rtol=0.02) for way in ways):
            return False
        integers = max(_best_seconds(way) for way in ways)
    except (RuntimeError, AttributeError, TypeError):
        return False  # this build of torch has no such kernels
    return _convolution_seconds(device, dtype) > INTEGERS_MUST_WIN_BY * integers


def _integer_ways(x: Tensor) -> tuple[Callable[[], Tensor], ...]:
    """Ways to sum all positive values around each of ``x``; the sums are as large as they get."""
    ones = torch.ones(CHANNELS, CHANNELS, 3, 3)
    features = FeatureProduct(ones, torch.zeros(CHANNELS), channel_reach(x))
    gradients, scratch = GradientProduct(ones), Scratch()
    around: tuple[Padding, Margins, Scratch] = ("zeros", ALL_ROUND, scratch)
    return (
        lambda: features(x, *around, rectified=True),
        lambda: gradients(x, *around, rectified=x),
        lambda: -gradients(-x, *around, rectified=x),
    )


def _convolution_seconds(device: torch.device, dtype: torch.dtype) -> float:
    x = _test_input(device, dtype)
    w = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device, dtype=dtype)
    w = w.to(memory_format=torch.channels_last)
    return _best_seconds(lambda: F.conv2d(x, w, padding=1))


def _test_input(device: torch.device, dtype: torch.dtype) -> Tensor:
    x = torch.ones(1, CHANNELS, SIDE, SIDE, device=device, dtype=dtype)
    return x.to(memory_format=torch.channels_last)


@torch.no_grad()
def _best_seconds(compute: Callable[[], Tensor], repeats: int = 4) -> float:
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        result = compute()
        if result.device.type == "cuda":
            torch.cuda.synchronize(result.device)
        best = min(best, time.perf_counter() - began)
    return best
