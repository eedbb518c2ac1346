"""Loads the network once for each precision and device."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from neural_style.engine.network.arithmetic import (
    ARITHMETICS,
    Arithmetic,
    Products,
    arithmetic_named,
    fastest_arithmetic,
)
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
        self._found: dict[tuple[str, str], Arithmetic] = {}

    def dtype(self, precision: str, device: torch.device) -> torch.dtype:
        """The dtype for ``precision`` on ``device``."""
        return self.arithmetic(precision, device).dtype

    def arithmetic(self, precision: str, device: torch.device) -> Arithmetic:
        """The arithmetic for ``precision`` on ``device``.

        Args:
            precision: ``single``, ``fastest``, or the name of an arithmetic.

        Raises:
            SettingsError: ``device`` cannot compute in the arithmetic of that name.
        """
        key = precision, str(device)
        if precision == "single":
            return Arithmetic(torch.float32)
        if key not in self._found:
            self._found[key] = (
                fastest_arithmetic(device, self._notes)
                if precision == "fastest"
                else arithmetic_named(precision, device)
            )
        return self._found[key]

    def name(self, precision: str, device: torch.device) -> str:
        """The name of :meth:`arithmetic`, by which another machine can be told of it."""
        chosen = self.arithmetic(precision, device)
        return next(name for name, arithmetic in ARITHMETICS.items() if arithmetic == chosen)

    def on(self, device: torch.device, precision: str) -> Vgg:
        """The network on ``device``."""
        arithmetic = self.arithmetic(precision, device)
        key = str(device), arithmetic
        if key not in self._loaded:
            kind = KINDS[arithmetic.products]
            self._loaded[key] = kind(self._tensors, device, arithmetic.dtype)
        return self._loaded[key]
