"""Settings of the C library's memory allocator, so that freed memory is used again.

Every evaluation frees all the memory that it has allocated. By default, the library returns large
blocks to the system at once and requests new ones. The system fills each new page with zeros when
it is first used. That takes an eighth of an evaluation at 300 × 450, and far more in some virtual
machines, where a page must be asked for outside too. Only glibc has these settings.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
"""Parameters of mallopt(3)."""
_NEVER = -1


def keep_freed_memory() -> None:
    """From now on use freed memory again. Call this before threads start.

    All blocks, however large, then come from one heap, which all threads share: separate heaps and
    separate blocks are returned too soon. What is free goes back to the system when
    :func:`neural_style.engine.plan.memory.release_memory` is called.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (TypeError, OSError, AttributeError):
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_MAX, 0)
    mallopt(_TRIM_THRESHOLD, _NEVER)
