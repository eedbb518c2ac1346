"""Parts of other systems, pretended on Linux. A test hands them to what it tests."""

from __future__ import annotations

import ctypes
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Msvcrt:
    """Windows's module msvcrt, as far as locks go: one holder, by open file. ``places`` are the
    bytes that were to be locked."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.places: list[int] = []

    def locking(self, handle: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        self.places.append(os.lseek(handle, 0, os.SEEK_CUR))
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Kernel32:
    """The functions of Windows's kernel32 that look at processes; ``processes`` are those."""

    def __init__(self, processes: dict[int, tuple[int, bool]]) -> None:
        self._processes = processes
        self.open_handles: set[int] = set()

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int:  # noqa: N802
        if pid not in self._processes:
            return 0
        self.open_handles.add(pid)
        return pid

    def WaitForSingleObject(self, handle: int, milliseconds: int) -> int:  # noqa: N802
        assert milliseconds == 0
        return 0x102 if self._processes[handle][1] else 0

    def GetProcessTimes(self, handle: int, created: Any, *others: Any) -> int:  # noqa: N802
        ctypes.cast(created, ctypes.POINTER(ctypes.c_uint64))[0] = self._processes[handle][0]
        return 1

    def CloseHandle(self, handle: int) -> int:  # noqa: N802
        self.open_handles.remove(handle)
        return 1


def held_by_a_scanner(times: int) -> Callable[[Path, Path], None]:
    """Moves a file as Windows does while another program has the target open, ``times`` times."""
    left = [times]

    def move(source: Path, target: Path) -> None:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "The process cannot access the file")
        os.replace(source, target)

    return move
