"""The state of a run besides its picture: named tensors, for checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

State: TypeAlias = Mapping[str, Tensor]
"""Tensors on the CPU, by name. They may share memory with the run, and change with it."""


class StateMismatch(Exception):
    """The state is from another recipe, another size, or another version of the program."""


def byte_count(tensors: Iterable[Tensor]) -> int:
    """Bytes of all ``tensors``."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def float64_tensor(*values: float) -> Tensor:
    """The numbers as a float64 tensor."""
    return torch.tensor(values, dtype=torch.float64)


def read_tensor(state: State, name: str, like: Tensor) -> Tensor:
    """A copy of the tensor called ``name``, with the shape, dtype and device of ``like``.

    Raises:
        StateMismatch: it is missing or has another shape.
    """
    found = state.get(name)
    if found is None or found.shape != like.shape:
        raise StateMismatch(name)
    return found.to(like.device, like.dtype, copy=True)
