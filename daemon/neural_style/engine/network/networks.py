"""Loads the network once for each precision and device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from neural_style.engine.network.int8.suitable import integers_win
from neural_style.engine.network.int8.vgg import QuantisableVgg
from neural_style.engine.network.precision import fastest_precision
from neural_style.engine.network.vgg import Vgg


class Networks:
    """VGG-19 on any device, loaded on demand.

    Args:
        tensors: the filters from :func:`neural_style.engine.network.vgg.load_weights`.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._loaded: dict[tuple[str, torch.dtype, type[Vgg]], Vgg] = {}
        self._fastest: dict[str, torch.dtype] = {}
        self._kinds: dict[str, type[Vgg]] = {}

    def dtype(self, precision: Literal["single", "fastest"], device: torch.device) -> torch.dtype:
        """The dtype for ``precision`` on ``device``."""
        if precision == "single":
            return torch.float32
        if str(device) not in self._fastest:
            self._fastest[str(device)] = fastest_precision(device)
        return self._fastest[str(device)]

    def on(self, device: torch.device, precision: Literal["single", "fastest"]) -> Vgg:
        """The network on ``device``."""
        kind, dtype = self._kind(precision, device), self.dtype(precision, device)
        key = str(device), dtype, kind
        if key not in self._loaded:
            self._loaded[key] = kind(self._tensors, device, dtype)
        return self._loaded[key]

    def _kind(self, precision: Literal["single", "fastest"], device: torch.device) -> type[Vgg]:
        if precision == "single":
            return Vgg
        if device.type not in self._kinds:
            win = integers_win(device, self.dtype(precision, device))
            self._kinds[device.type] = QuantisableVgg if win else Vgg
        return self._kinds[device.type]
