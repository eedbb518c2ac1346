"""The network in the precisions and on the devices that are asked for, each loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from neural_style.engine.devices import fastest_precision, integers_win
from neural_style.engine.quantised_vgg import QuantisableVgg
from neural_style.engine.vgg import Vgg


class Networks:
    """VGG-19 wherever it is wanted.

    Args:
        tensors: the filters, as :func:`neural_style.engine.vgg.load_weights` gives them.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._loaded: dict[tuple[str, str], Vgg] = {}
        self._fastest: dict[str, torch.dtype] = {}

    def dtype(self, precision: Literal["single", "fastest"], device: torch.device) -> torch.dtype:
        """What ``precision`` means on ``device``."""
        if precision == "single":
            return torch.float32
        if device.type not in self._fastest:
            self._fastest[device.type] = fastest_precision(device)
        return self._fastest[device.type]

    def on(self, device: torch.device, precision: Literal["single", "fastest"]) -> Vgg:
        """The network on ``device``."""
        dtype = self.dtype(precision, device)
        key = str(device), precision
        if key not in self._loaded:
            self._loaded[key] = self._load(device, dtype, precision)
        return self._loaded[key]

    def _load(
        self, device: torch.device, dtype: torch.dtype, precision: Literal["single", "fastest"]
    ) -> Vgg:
        quantisable = precision == "fastest" and integers_win(device, dtype)
        return (QuantisableVgg if quantisable else Vgg)(self._tensors, device, dtype)
