"""Settings of the C library's memory allocator, so that freed memory is used again.

Every evaluation frees all the memory that it has allocated. By default, the library returns large
blocks to the system at once and requests new ones, and the new pages take time: an eighth of an
evaluation at 300 × 450. Only glibc has these settings.
"""

from __future__ import annotations

import ctypes
from typing import Any

LARGEST_BLOCK = 32 << 20
"""Bytes. Larger blocks still come from the system, and are returned at once."""
LARGEST_FREE = 1 << 30
"""Bytes that may be free at the end of the heap before they are returned."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""


def keep_freed_memory() -> None:
    """From now on use freed memory again. Call this before threads start.

    All threads then share one heap, because separate heaps return memory too soon.
    """
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(_TRIM_THRESHOLD, LARGEST_FREE)


def release_freed_memory() -> None:
    """Return all free memory to the system."""
    malloc_trim = _function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _function(name: str) -> Any:
    """The C library's function of that name; None if there is none."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (TypeError, OSError, AttributeError):
        return None
