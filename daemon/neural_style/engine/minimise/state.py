"""What a run depends on besides its picture: tensors by name, to be kept and taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

State: TypeAlias = Mapping[str, Tensor]
"""On the CPU. Tensors may share the memory of what they were taken from, and change with it."""


class UnfitState(Exception):
    """A state comes from another recipe, another size, or another version of the program."""


def byte_count(tensors: Iterable[Tensor]) -> int:
    """Bytes of all ``tensors``."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def numbers(*values: float) -> Tensor:
    """Plain numbers as a tensor of float64."""
    return torch.tensor(values, dtype=torch.float64)


def taken(state: State, name: str, like: Tensor) -> Tensor:
    """A copy of the tensor called ``name`` with the shape, precision and device of ``like``.

    Raises:
        UnfitState: it is not there, or of another shape.
    """
    found = state.get(name)
    if found is None or found.shape != like.shape:
        raise UnfitState(name)
    return found.to(like.device, like.dtype, copy=True)
