"""Serialises a run's state: the bytes of its tensors in a row, and a table of them for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from neural_style.engine import State

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def pack(state: State) -> tuple[list[dict[str, Any]], list[memoryview]]:
    """The table, and the bytes of the tensors in its order, sharing their memory if possible."""
    table = [
        {"name": name, "dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape)}
        for name, tensor in state.items()
    ]
    return table, [_bytes_of(tensor) for tensor in state.values()]


def unpack(table: Sequence[Mapping[str, Any]], data: bytearray) -> dict[str, Tensor]:
    """The state that ``table`` describes; its tensors share the memory of ``data``.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: ``table`` does not fit ``data``.
    """
    state, start = {}, 0
    for entry in table:
        dtype, shape = _DTYPES[entry["dtype"]], [int(side) for side in entry["shape"]]
        end = start + math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or end > len(data):
            raise ValueError("the state is cut off")
        flat = torch.zeros(0, dtype=dtype)
        if end > start:
            flat = torch.frombuffer(data, dtype=dtype, count=math.prod(shape), offset=start)
        state[str(entry["name"])] = flat.view(shape)
        start = end
    return state


def _bytes_of(tensor: Tensor) -> memoryview:
    return tensor.contiguous().flatten().view(torch.uint8).numpy().data
