"""Loads the network once for each precision and device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from neural_style.engine.network.arithmetic import Arithmetic, Products, fastest_arithmetic
from neural_style.engine.network.int8.vgg import QuantisableVgg
from neural_style.engine.network.notes import Notes
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.network.winograd.vgg import WinogradVgg

KINDS: Mapping[Products, type[Vgg]] = {
    "plain": Vgg,
    "fewer": WinogradVgg,
    "integers": QuantisableVgg,
}


class Networks:
    """VGG-19 on any device, loaded on demand.

    Args:
        tensors: the filters from :func:`neural_style.engine.network.vgg.load_weights`.
        notes: keep which arithmetic is the fastest on this machine.
    """

    def __init__(self, tensors: Mapping[str, Tensor], notes: Notes | None = None) -> None:
        self._tensors = tensors
        self._notes: Notes = {} if notes is None else notes
        self._loaded: dict[tuple[str, Arithmetic], Vgg] = {}
        self._fastest: dict[str, Arithmetic] = {}

    def dtype(self, precision: Literal["single", "fastest"], device: torch.device) -> torch.dtype:
        """The dtype for ``precision`` on ``device``."""
        return self.arithmetic(precision, device).dtype

    def arithmetic(
        self, precision: Literal["single", "fastest"], device: torch.device
    ) -> Arithmetic:
        """The arithmetic for ``precision`` on ``device``."""
        if precision == "single":
            return Arithmetic(torch.float32)
        if str(device) not in self._fastest:
            self._fastest[str(device)] = fastest_arithmetic(device, self._notes)
        return self._fastest[str(device)]

    def on(self, device: torch.device, precision: Literal["single", "fastest"]) -> Vgg:
        """The network on ``device``."""
        arithmetic = self.arithmetic(precision, device)
        key = str(device), arithmetic
        if key not in self._loaded:
            kind = KINDS[arithmetic.products]
            self._loaded[key] = kind(self._tensors, device, arithmetic.dtype)
        return self._loaded[key]
