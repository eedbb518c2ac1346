"""What the C library does with freed memory: use it again, and give it back after a job.

Every evaluation frees as much as it took, a tensor at a time. By default the library returns that
to the system at once and asks for it again, and new pages cost more than the sums that fill them:
an eighth of the time of an evaluation at 300 × 450. Only glibc can be told.
"""

from __future__ import annotations

import ctypes
from typing import Any

LARGEST = 32 << 20
"""Bytes; larger blocks are the system's own, and go back to it at once."""
KEPT = 1 << 30
"""Bytes that may be free at the heap's end before they go back."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""


def keep_freed_memory() -> None:
    """Use freed memory again, from now on. To be called before there are threads.

    Threads share one heap then: those that have their own return it to the system too soon.
    """
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, LARGEST)
        mallopt(_TRIM_THRESHOLD, KEPT)


def give_freed_memory_back() -> None:
    """Return to the system what is free now."""
    malloc_trim = _function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _function(name: str) -> Any:
    """The C library's function; None if it has none of that name."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (TypeError, OSError, AttributeError):
        return None
