"""Free and used memory, and how to recognise that memory ran out."""

from __future__ import annotations

import ctypes

import psutil
import torch

from neural_style.engine.plan.memory_limits import memory_left_in_limits

_MESSAGES = (
    *("allocate", "out of memory", "bad_alloc", "could not create a primitive"),
    # A card's libraries, when they get no workspace; and an Apple GPU.
    *("status_alloc_failed", "fft_alloc_failed", "statusallocfailed", "out_of_memory"),
    *("status_not_initialized", "unable to find an engine", "invalid buffer size"),
)
"""What the CPU allocator, C++, oneDNN, and the libraries of graphics cards say in a plain
RuntimeError, in small letters."""


def free_memory(device: torch.device) -> int:
    """Bytes on ``device`` that this process could allocate now.

    On a graphics card this includes what PyTorch has reserved but does not use. Apple's GPU shares
    the machine's memory and recommends a limit.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free) + int(unused)
    available = min([int(psutil.virtual_memory().available), *memory_left_in_limits()])
    if device.type == "mps":
        limit = torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
        return min(available, int(limit))
    return available


def held_memory(device: torch.device) -> int:
    """Bytes on ``device`` that this process uses now; on the CPU, its resident memory."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(psutil.Process().memory_info().rss)


def release_memory(device: torch.device) -> None:
    """Return memory that this process has reserved but does not use to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    else:
        _trim_heap()


def _trim_heap() -> None:
    """Return what is free in the C library's heap; only glibc can."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (TypeError, OSError, AttributeError):
        return
    malloc_trim(0)


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether ``problem`` says that memory ran out."""
    if isinstance(problem, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(problem).lower()
    return isinstance(problem, RuntimeError) and any(message in text for message in _MESSAGES)
