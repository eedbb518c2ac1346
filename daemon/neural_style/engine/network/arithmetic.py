"""Chooses the fastest arithmetic on a device: by measuring on a processor, by kind on a card."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.suitable import integer_layer
from neural_style.engine.network.notes import Notes
from neural_style.engine.network.timing import Clock, processor_seconds

Products: TypeAlias = Literal["plain", "integers"]


@dataclass(frozen=True)
class Arithmetic:
    """How the network computes.

    Attributes:
        dtype: of the maps.
        products: ``integers`` multiplies 8-bit integers in the convolutions of an evaluation.
    """

    dtype: torch.dtype
    products: Products = "plain"


ARITHMETICS: Mapping[str, Arithmetic] = {
    "float32": Arithmetic(torch.float32),
    "bfloat16": Arithmetic(torch.bfloat16),
    "integers in float32": Arithmetic(torch.float32, "integers"),
    "integers in bfloat16": Arithmetic(torch.bfloat16, "integers"),
}
"""What a processor may compute in."""

QUESTION = "fastest arithmetic"

HALF_MUST_WIN_BY = 1.3
INTEGERS_MUST_WIN_BY = 1.2
"""What is less exact is chosen only if it is so many times faster."""

NVIDIA_WITH_BFLOAT16 = (8, 0)
"""The first compute capability: Ampere. Before it, bfloat16 is emulated or missing."""
AMD_WITH_BFLOAT16 = ("gfx90a", "gfx94", "gfx95", "gfx11", "gfx12")

CHANNELS, SIDE = 256, 32
"""The shape of the timed layer."""


def fastest_arithmetic(
    device: torch.device, notes: Notes, clock: Clock = time.thread_time
) -> Arithmetic:
    """The fastest arithmetic on ``device``.

    On a processor it is measured once, which takes a second or less, because one without
    instructions for bfloat16 or 8-bit integers emulates them. From then on it is what ``notes``
    say, so that a picture does not come out in another arithmetic on another day. A convolution of
    that size is over on a card before the next is started, so there its kind decides.

    Args:
        clock: see :func:`~neural_style.engine.network.timing.processor_seconds`.
    """
    if device.type == "cuda":
        return Arithmetic(torch.bfloat16 if _card_has_bfloat16(device) else torch.float32)
    if device.type != "cpu":
        return Arithmetic(torch.float32)
    noted = notes.get(QUESTION)
    if noted is not None and noted in ARITHMETICS:
        return ARITHMETICS[noted]
    found = _measured(clock)
    notes[QUESTION] = found
    return ARITHMETICS[found]


def _card_has_bfloat16(device: torch.device) -> bool:
    """Whether the card multiplies matrices in bfloat16."""
    if torch.version.hip is not None:
        chip = str(torch.cuda.get_device_properties(device).gcnArchName)
        return chip.startswith(AMD_WITH_BFLOAT16)
    return torch.cuda.get_device_capability(device) >= NVIDIA_WITH_BFLOAT16


def _measured(clock: Clock) -> str:
    """The fastest of :data:`ARITHMETICS` on this processor."""
    plain = {
        name: _plain_layer(sample_input(ARITHMETICS[name].dtype))
        for name in ("float32", "bfloat16")
    }
    seconds = processor_seconds(plain, clock)
    fastest = "float32"
    if seconds["float32"] > HALF_MUST_WIN_BY * seconds["bfloat16"]:
        fastest = "bfloat16"
    layer = integer_layer(sample_input(ARITHMETICS[fastest].dtype))
    if layer is None:
        return fastest
    integers = f"integers in {fastest}"
    seconds = processor_seconds({fastest: plain[fastest], integers: layer}, clock)
    win = seconds[fastest] > INTEGERS_MUST_WIN_BY * seconds[integers]
    return integers if win else fastest


def sample_input(dtype: torch.dtype) -> Tensor:
    """(1, CHANNELS, SIDE, SIDE) of ones, channels-last."""
    x = torch.ones(1, CHANNELS, SIDE, SIDE, dtype=dtype)
    return x.to(memory_format=torch.channels_last)


def _plain_layer(x: Tensor) -> Callable[[], Tensor]:
    """Computes a convolution with its ReLU, and the gradient at its input ``x``."""
    weight = torch.ones(x.shape[1], x.shape[1], 3, 3, dtype=x.dtype)
    weight = weight.to(memory_format=torch.channels_last)

    def compute() -> Tensor:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_(True)
            result = F.relu(F.conv2d(leaf, weight, padding=1), inplace=True)
            (gradient,) = torch.autograd.grad(result, leaf, x)
        return gradient

    return compute
