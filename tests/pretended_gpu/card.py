"""A pretended graphics card: its memory, what it lacks, and what happened on it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from weakref import WeakValueDictionary

import torch
from torch import Tensor

Kind: TypeAlias = Literal["cuda", "mps"]

FLOAT64_ON_MPS = (
    "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. "
    "Please use float32 instead."
)
OURS = "/neural_style/"


def no_fault(operation: str) -> None:
    """The card works."""


@dataclass
class Card:
    """One card of a machine.

    Attributes:
        others_bytes: memory that other programs hold on it.
        capability: its CUDA compute capability.
        fault: called with the name of each operation; what it raises is the operation's failure.
        live_bytes, peak_bytes: memory of the tensors on it, now and at most.
        events: how often something happened, by what it was and which line of ours did it:
            ``sync …`` if the processor waited for the card, ``atomics …`` for an operation whose
            sums a real card adds up in any order, ``transposed …`` for one that gives up the
            channels-last layout.
    """

    kind: Kind = "cuda"
    index: int = 0
    name: str = "Pretended GPU"
    total_bytes: int = 16 << 30
    others_bytes: int = 0
    capability: tuple[int, int] = (9, 0)
    fault: Callable[[str], None] = no_fault
    live_bytes: int = 0
    peak_bytes: int = 0
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocks: WeakValueDictionary[int, Block] = field(default_factory=WeakValueDictionary)

    @property
    def device(self) -> torch.device:
        return torch.device(self.kind, self.index)

    @property
    def free_bytes(self) -> int:
        return max(0, self.total_bytes - self.others_bytes - self.live_bytes)

    def note(self, event: str) -> None:
        """Count an event, at the line of ours that caused it."""
        self.events[event, place()] += 1

    def noted(self, prefix: str) -> dict[tuple[str, str], int]:
        """The events whose name begins with ``prefix``."""
        return {key: count for key, count in self.events.items() if key[0].startswith(prefix)}

    def hold(self, values: Tensor) -> Block:
        """The memory of ``values``, which lasts as long as any tensor on the card uses it.

        Raises:
            RuntimeError, torch.OutOfMemoryError: as the real device reports that it is full.
            TypeError: float64 on an Apple GPU.
        """
        if self.kind == "mps" and values.dtype in {torch.float64, torch.complex128}:
            raise TypeError(FLOAT64_ON_MPS)
        storage = values.untyped_storage()
        block = self.blocks.get(storage._cdata)
        if block is None:
            block = Block(self, storage.nbytes())
            self.blocks[storage._cdata] = block
        return block


class Block:
    """Memory on a card, freed with the last tensor that uses it."""

    def __init__(self, card: Card, size: int) -> None:
        self._size = 0
        self._card = card
        if size > card.free_bytes:
            if card.kind == "mps":
                raise RuntimeError("MPS backend out of memory (MPS allocated: 1.00 GB)")
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes.")
        self._size = size
        card.live_bytes += size
        card.peak_bytes = max(card.peak_bytes, card.live_bytes)

    def __del__(self) -> None:
        self._card.live_bytes -= self._size


def place() -> str:
    """The innermost line of the program that is being run, as ``engine/run.py:12``."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if OURS in name:
            return f"{name.rpartition(OURS)[2]}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "a test"
