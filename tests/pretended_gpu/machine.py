"""A machine with pretended graphics cards, for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
import torch._dynamo  # Adam would import it, and it looks at the real machine

from pretended_gpu.card import Card, Kind
from pretended_gpu.transfers import Transfers


@contextmanager
def pretended(*cards: Card) -> Iterator[Sequence[Card]]:
    """A machine with ``cards``, all of one kind and numbered from 0; the calling thread sees it."""
    kind = cards[0].kind
    assert [(card.kind, card.index) for card in cards] == [(kind, i) for i in range(len(cards))]
    with ExitStack() as stack:
        for target, name, value in _functions(kind, cards):
            stack.enter_context(patch.object(target, name, value, create=True))
        stack.enter_context(Transfers(kind, cards))
        yield cards


def _functions(kind: Kind, cards: Sequence[Card]) -> Iterator[tuple[Any, str, Any]]:
    """What torch says about the machine: a module or class, a name there, and the value."""
    for check in ("_accelerator_graph_capture_health_check", "_cuda_graph_capture_health_check"):
        yield torch.optim.Optimizer, check, lambda optimiser: None
    yield torch.cuda, "is_available", lambda: kind == "cuda"
    yield torch.cuda, "device_count", lambda: len(cards) if kind == "cuda" else 0
    yield torch.backends.mps, "is_available", lambda: kind == "mps"
    if kind == "cuda":
        yield from _cuda(cards)
        return
    (card,) = cards
    yield torch.mps, "recommended_max_memory", lambda: card.total_bytes - card.others_bytes
    yield torch.mps, "current_allocated_memory", lambda: card.live_bytes
    yield torch.mps, "empty_cache", lambda: card.note("empty_cache")
    yield torch.mps, "synchronize", lambda: card.note("sync synchronize")


def _cuda(cards: Sequence[Card]) -> Iterator[tuple[Any, str, Any]]:
    def card(device: Any = None) -> Card:
        index = device if isinstance(device, int) else torch.device(device or "cuda").index
        return cards[index or 0]

    def memory(device: Any = None) -> tuple[int, int]:
        card(device).fault("mem_get_info")
        return card(device).free_bytes, card(device).total_bytes

    def properties(device: Any = None) -> SimpleNamespace:
        found = card(device)
        major, minor = found.capability
        return SimpleNamespace(
            name=found.name, total_memory=found.total_bytes, major=major, minor=minor
        )

    yield torch.cuda, "get_device_name", lambda device=None: card(device).name
    yield torch.cuda, "get_device_capability", lambda device=None: card(device).capability
    yield torch.cuda, "get_device_properties", properties
    yield torch.cuda, "mem_get_info", memory
    yield torch.cuda, "memory_allocated", lambda device=None: card(device).live_bytes
    yield torch.cuda, "memory_reserved", lambda device=None: card(device).live_bytes
    yield torch.cuda, "empty_cache", lambda: cards[0].note("empty_cache")
    yield torch.cuda, "synchronize", lambda device=None: card(device).note("sync synchronize")
    yield torch.cuda, "current_device", lambda: 0
    yield torch.cuda, "is_current_stream_capturing", lambda: False
    yield torch.cuda.graphs, "is_current_stream_capturing", lambda: False
