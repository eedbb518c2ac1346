"""Ends the worker when the service that started it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

import psutil

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, system: str = sys.platform) -> None:
    """Let this process end when its parent ends, and at once if that has ended already.

    Linux kills it, even if it is stopped. On Windows a thread waits for the parent: what started
    this process may be the small program in an environment's folder, so ``os.getppid`` does not
    tell. On other systems the worker checks its parent every second.

    Args:
        parent: the service's process number.
    """
    if system == "win32":
        _end_after(parent)
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _end_after(parent: int) -> None:
    try:
        service = psutil.Process(parent)
    except psutil.NoSuchProcess:
        os._exit(0)

    def wait() -> None:
        service.wait()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
