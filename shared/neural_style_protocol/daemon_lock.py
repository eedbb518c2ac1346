"""The lock that a daemon holds while it runs.

The system releases it when the process ends, in whatever way. So a connection file is stale if the
lock is free. A process number would be less reliable: it may be reused, and a sandbox hides the
processes outside it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import IO

from neural_style_protocol.errors import DaemonError
from neural_style_protocol.file_lock import LOCKS, Locks
from neural_style_protocol.paths import Home

RETRY_SECONDS = 1.0
"""How long to retry, because :func:`is_held` itself holds the lock for an instant."""


@contextlib.contextmanager
def held(home: Home, locks: Locks = LOCKS) -> Iterator[None]:
    """Hold the lock of ``home`` while the block runs.

    Raises:
        DaemonError: another daemon of this home is running.
    """
    with (home.run / "daemon.lock").open("a+") as file:
        if not _acquire(file, locks):
            raise DaemonError(
                "The daemon is already running.",
                next_step="Run `neural-style status` to see how it is.",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_held(home: Home, locks: Locks = LOCKS) -> bool:
    """Whether a daemon of ``home`` is running."""
    try:
        with (home.run / "daemon.lock").open("r") as file:
            return not locks.acquire(file, shared=True)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def holder(home: Home, locks: Locks = LOCKS) -> int | None:
    """The number of the process that holds the lock; None if the lock is free."""
    if not is_held(home, locks):
        return None
    try:
        return int((home.run / "daemon.lock").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _acquire(file: IO[str], locks: Locks) -> bool:
    deadline = time.monotonic() + RETRY_SECONDS
    while not locks.acquire(file):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
