"""When a process was started, which tells it from a later one with the same number."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_QUERY_AND_WAIT = 0x1000 | 0x100000
_RUNS = 0x102
"""What Windows's WaitForSingleObject answers for a process that has not ended."""


def start_time(pid: int, system: str = sys.platform, kernel: Any = None) -> str:
    """The start time of a running process, in the system's units; empty if there is none.

    Args:
        kernel: Windows's kernel32; by default this machine's.
    """
    if system == "win32":
        return _from_kernel(pid, kernel or ctypes.CDLL("kernel32"))
    if system == "linux":
        return _from_proc(pid)
    return _from_ps(pid)


def is_running(pid: int, started: str) -> bool:
    """Whether the process ``pid`` that was ``started`` then still runs; empty if unknown."""
    now = start_time(pid)
    return now == started if started else bool(now)


def _from_proc(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The program's name, in brackets, may contain anything. The start time is the 20th word after.
    words = status.rpartition(")")[2].split()
    return words[19] if len(words) > 19 else ""


def _from_kernel(pid: int, kernel: Any) -> str:
    handle = kernel.OpenProcess(_QUERY_AND_WAIT, False, pid)
    if not handle:
        return ""
    created, ended, in_kernel, in_program = (ctypes.c_uint64() for _ in range(4))
    try:
        runs = kernel.WaitForSingleObject(handle, 0) == _RUNS
        times = map(ctypes.byref, (created, ended, in_kernel, in_program))
        return str(created.value) if runs and kernel.GetProcessTimes(handle, *times) else ""
    finally:
        kernel.CloseHandle(handle)


def _from_ps(pid: int) -> str:
    done = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "LC_ALL": "C"},  # else the words are in the user's language
    )
    return " ".join(done.stdout.split())
