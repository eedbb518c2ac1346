"""Locks on files, which the system releases when their holder ends, in whatever way.

Standard library only: the plug-in, the installer and the daemon use the same locks.
"""

from __future__ import annotations

import os
import sys
import time
from typing import IO, Any, Protocol

FAR = 1 << 30
"""The byte of a file that Windows locks. There it keeps readers away, so it lies after the text."""

PROBES, PROBE_SECONDS = 10, 0.01
"""How often Windows tries a shared lock. It has none, so that two who only look may meet."""


class Locks(Protocol):
    """The locks of one kind of system."""

    def acquire(self, file: IO[str], *, shared: bool = False) -> bool:
        """Lock ``file`` until it is closed, without waiting; returns whether that was possible."""


class PosixLocks:
    """Locks by flock(2); ``system`` is the module fcntl."""

    def __init__(self, system: Any) -> None:
        self._system = system

    def acquire(self, file: IO[str], *, shared: bool = False) -> bool:
        kind = self._system.LOCK_SH if shared else self._system.LOCK_EX
        try:
            self._system.flock(file.fileno(), kind | self._system.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class WindowsLocks:
    """Locks on one byte far behind the end; ``system`` is the module msvcrt."""

    def __init__(self, system: Any) -> None:
        self._system = system

    def acquire(self, file: IO[str], *, shared: bool = False) -> bool:
        for _ in range(PROBES if shared else 1):
            if self._lock(file.fileno()):
                return True
            time.sleep(PROBE_SECONDS if shared else 0)
        return False

    def _lock(self, handle: int) -> bool:
        before = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, FAR, os.SEEK_SET)
        try:
            self._system.locking(handle, self._system.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, before, os.SEEK_SET)
        return True


def of_this_system() -> Locks:
    """The locks of the system that this program runs on."""
    if sys.platform == "win32":
        import msvcrt

        return WindowsLocks(msvcrt)
    import fcntl

    return PosixLocks(fcntl)


LOCKS = of_this_system()
