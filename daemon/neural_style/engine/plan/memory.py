"""How much memory there is, and what running out of it looks like."""

from __future__ import annotations

import psutil
import torch

from neural_style.engine.plan.memory_limits import room_in_limits

# The processor's allocator, C++ and oneDNN have no exception of their own for it.
_WORDS = ("allocate", "out of memory", "bad_alloc", "could not create a primitive")


def free_memory(device: torch.device) -> int:
    """Bytes that ``device`` could give to this process now.

    On a graphics card this counts what PyTorch holds without using it. Apple's shares the
    machine's memory, and recommends a limit.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free) + int(unused)
    available = min([int(psutil.virtual_memory().available), *room_in_limits()])
    if device.type == "mps":
        limit = torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
        return min(available, int(limit))
    return available


def held_memory(device: torch.device) -> int:
    """Bytes of ``device`` that this process holds now: resident ones, on a processor."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(psutil.Process().memory_info().rss)


def release_memory(device: torch.device) -> None:
    """Give what PyTorch holds without using it back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether ``problem`` says that memory ran out."""
    if isinstance(problem, (torch.OutOfMemoryError, MemoryError)):
        return True
    words = str(problem)
    return isinstance(problem, RuntimeError) and any(told in words for told in _WORDS)
