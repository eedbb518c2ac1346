"""Compares the processor time of several ways to compute the same."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import torch

Clock: TypeAlias = Callable[[], float]

ROUNDS = 5
"""How often each way is timed. The middle value counts."""
HOPELESS = 4.0
"""A way that takes so many times as long as the fastest is timed once."""


def processor_seconds(
    ways: Mapping[str, Callable[[], object]], clock: Clock = time.thread_time
) -> dict[str, float]:
    """The seconds of processor time that each way takes, in one thread.

    Other programs lengthen the time that passes, but hardly the time that is computed. What they
    do to it, for example by taking room in the caches, they do to all ways, which take turns.

    Args:
        clock: gives the seconds that this thread has computed so far.
    """
    taken: dict[str, list[float]] = {way: [] for way in ways}
    with _one_thread():
        for compute in ways.values():
            compute()  # the library makes its kernels when it first sees a shape
        for _ in range(ROUNDS):
            for way, compute in ways.items():
                if not _is_hopeless(way, taken):
                    began = clock()
                    compute()
                    taken[way].append(clock() - began)
    return {way: statistics.median(seconds) for way, seconds in taken.items()}


def _is_hopeless(way: str, taken: Mapping[str, list[float]]) -> bool:
    fastest = min((seconds[0] for seconds in taken.values() if seconds), default=0.0)
    return bool(taken[way]) and taken[way][0] > HOPELESS * fastest


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Without other threads: those that wait for one another would count as computing."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
