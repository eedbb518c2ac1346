"""Chooses the fastest arithmetic on a device: by measuring on a processor, by kind on a card."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.suitable import integer_layer
from neural_style.engine.network.notes import Notes
from neural_style.engine.network.padding import ALL_ROUND
from neural_style.engine.network.timing import Clock, processor_seconds
from neural_style.engine.network.winograd.product import WinogradConvolution
from neural_style.engine.network.winograd.vgg import WinogradLayer
from neural_style_protocol.errors import SettingsError

Products: TypeAlias = Literal["plain", "fewer", "integers"]


@dataclass(frozen=True)
class Arithmetic:
    """How the network computes.

    Attributes:
        dtype: of the maps.
        products: ``fewer`` needs fewer multiplications in the layers with many channels.
            ``integers`` multiplies 8-bit integers in the convolutions of an evaluation.
    """

    dtype: torch.dtype
    products: Products = "plain"

    def __str__(self) -> str:
        return f"{self.products} {self.dtype}"


ARITHMETICS: Mapping[str, Arithmetic] = {
    "float32": Arithmetic(torch.float32),
    "fewer products in float32": Arithmetic(torch.float32, "fewer"),
    "bfloat16": Arithmetic(torch.bfloat16),
    "float16": Arithmetic(torch.float16),
    "integers in float32": Arithmetic(torch.float32, "integers"),
    "integers in bfloat16": Arithmetic(torch.bfloat16, "integers"),
}
"""What a device may compute in."""

QUESTION = "fastest arithmetic"

FEWER_MUST_WIN_BY = 1.15
"""Fewer products round no more, but need more memory for the filters."""
HALF_MUST_WIN_BY = 1.3
INTEGERS_MUST_WIN_BY = 1.2
"""What is less exact is chosen only if it is so many times faster."""

NVIDIA_WITH_BFLOAT16 = (8, 0)
"""The first compute capability: Ampere. Before it, bfloat16 is emulated or missing."""
AMD_WITH_BFLOAT16 = ("gfx90a", "gfx94", "gfx95", "gfx11", "gfx12")

NVIDIA_WITH_FLOAT16 = (7, 0)
"""The first compute capability: Volta. Before it, float16 is no faster, or far slower."""
AMD_WITH_FLOAT16 = ("gfx906", "gfx908", "gfx103")
"""Those without bfloat16: Vega 20, CDNA 1 and RDNA 2."""

CHANNELS, SIDE = 256, 32
"""The shape of the timed layer."""


def fastest_arithmetic(
    device: torch.device, notes: Notes, clock: Clock = time.thread_time
) -> Arithmetic:
    """The fastest arithmetic on ``device``.

    On a processor it is measured once, which takes about a second, because one without
    instructions for bfloat16 or 8-bit integers emulates them. From then on it is what ``notes``
    say, so that a picture does not come out in another arithmetic on another day. A convolution of
    that size is over on a card before the next is started, so there its kind decides. On Apple's
    GPUs it is float32: nothing says in what their products of float16 are summed.

    Args:
        clock: see :func:`~neural_style.engine.network.timing.processor_seconds`.
    """
    if device.type == "cuda":
        return Arithmetic(_dtype_of_card(device))
    if device.type != "cpu":
        return Arithmetic(torch.float32)
    noted = notes.get(QUESTION)
    if noted is not None and noted in ARITHMETICS:
        return ARITHMETICS[noted]
    found = _measured(clock)
    notes[QUESTION] = found
    return ARITHMETICS[found]


def arithmetic_named(name: str, device: torch.device) -> Arithmetic:
    """The arithmetic of that name, chosen by whoever divides pictures among several machines.

    Raises:
        SettingsError: there is no such arithmetic, or ``device`` cannot compute in it.
    """
    if name not in ARITHMETICS:
        raise SettingsError(
            "There is no arithmetic called {arithmetic}.",
            next_step="Choose one of: {known}.",
            arithmetic=repr(name),
            known=", ".join(ARITHMETICS),
        )
    if not _computes_in(ARITHMETICS[name], device):
        raise SettingsError(
            "This machine cannot compute in the arithmetic of the other pictures, {arithmetic}.",
            next_step="Paint all of them in float32, which every machine has.",
            arithmetic=name,
        )
    return ARITHMETICS[name]


def _computes_in(arithmetic: Arithmetic, device: torch.device) -> bool:
    """Whether ``device`` computes in it correctly, however slowly."""
    if device.type == "cpu":
        if arithmetic.products != "integers":
            return True
        return integer_layer(sample_input(arithmetic.dtype)) is not None
    if arithmetic.products != "plain" or device.type != "cuda":
        return arithmetic == Arithmetic(torch.float32)
    if arithmetic.dtype == torch.bfloat16:
        return _card_has(device, NVIDIA_WITH_BFLOAT16, AMD_WITH_BFLOAT16)
    if arithmetic.dtype == torch.float16:
        return _card_has(device, NVIDIA_WITH_FLOAT16, AMD_WITH_FLOAT16)
    return True


def _dtype_of_card(device: torch.device) -> torch.dtype:
    """The type in which the card multiplies matrices fastest, of those that are exact enough."""
    if _card_has(device, NVIDIA_WITH_BFLOAT16, AMD_WITH_BFLOAT16):
        return torch.bfloat16
    if _card_has(device, NVIDIA_WITH_FLOAT16, AMD_WITH_FLOAT16):
        return torch.float16
    return torch.float32


def _card_has(device: torch.device, nvidia: tuple[int, int], amd: tuple[str, ...]) -> bool:
    """Whether the card is of that compute capability or a higher one, or one of AMD's chips."""
    if torch.version.hip is not None:
        return str(torch.cuda.get_device_properties(device).gcnArchName).startswith(amd)
    return torch.cuda.get_device_capability(device) >= nvidia


def _measured(clock: Clock) -> str:
    """The fastest of :data:`ARITHMETICS` on this processor."""
    single, half = sample_input(torch.float32), sample_input(torch.bfloat16)
    layers = {
        "float32": _plain_layer(single),
        "fewer products in float32": _layer_with_fewer_products(single),
        "bfloat16": _plain_layer(half),
    }
    seconds = processor_seconds(layers, clock)
    fastest = "float32"
    if seconds[fastest] > FEWER_MUST_WIN_BY * seconds["fewer products in float32"]:
        fastest = "fewer products in float32"
    if seconds[fastest] > HALF_MUST_WIN_BY * seconds["bfloat16"]:
        fastest = "bfloat16"
    in_integers = integer_layer(half if fastest == "bfloat16" else single)
    if in_integers is None:
        return fastest
    integers = "integers in bfloat16" if fastest == "bfloat16" else "integers in float32"
    seconds = processor_seconds({fastest: layers[fastest], integers: in_integers}, clock)
    win = seconds[fastest] > INTEGERS_MUST_WIN_BY * seconds[integers]
    return integers if win else fastest


def sample_input(dtype: torch.dtype) -> Tensor:
    """(1, CHANNELS, SIDE, SIDE) of ones, channels-last."""
    x = torch.ones(1, CHANNELS, SIDE, SIDE, dtype=dtype)
    return x.to(memory_format=torch.channels_last)


def _plain_layer(x: Tensor) -> Callable[[], Tensor]:
    """Computes a convolution with its ReLU, and the gradient at its input ``x``."""
    weight = _ones_as_filters(x).to(memory_format=torch.channels_last)
    return partial(_there_and_back, x, lambda leaf: F.conv2d(leaf, weight, padding=1))


def _layer_with_fewer_products(x: Tensor) -> Callable[[], Tensor]:
    """The same with fewer products."""
    convolution = WinogradConvolution(_ones_as_filters(x))
    bias = torch.zeros(x.shape[1], dtype=x.dtype)
    return partial(
        _there_and_back,
        x,
        lambda leaf: WinogradLayer.apply(leaf, convolution, bias, "zeros", ALL_ROUND),
    )


def _ones_as_filters(x: Tensor) -> Tensor:
    return torch.ones(x.shape[1], x.shape[1], 3, 3, dtype=x.dtype)


def _there_and_back(x: Tensor, convolved: Callable[[Tensor], Tensor]) -> Tensor:
    with torch.enable_grad():
        leaf = x.detach().requires_grad_(True)
        result = F.relu(convolved(leaf), inplace=True)
        (gradient,) = torch.autograd.grad(result, leaf, x)
    return gradient
