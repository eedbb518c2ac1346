"""The lock that a daemon holds while it runs.

The kernel releases it when the process ends, in whatever way. So a connection file is stale if the
lock is free. A process number would be less reliable: it may be reused, and a sandbox hides the
processes outside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from neural_style_protocol.errors import DaemonError
from neural_style_protocol.paths import Home

RETRY_SECONDS = 1.0
"""How long to retry, because :func:`is_held` itself holds the lock for an instant."""


@contextlib.contextmanager
def held(home: Home) -> Iterator[None]:
    """Hold the lock of ``home`` while the block runs.

    Raises:
        DaemonError: another daemon of this home is running.
    """
    with (home.run / "daemon.lock").open("a+") as file:
        if not _acquire(file.fileno()):
            raise DaemonError(
                "The daemon is already running.",
                next_step="Run `neural-style status` to see how it is.",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_held(home: Home) -> bool:
    """Whether a daemon of ``home`` is running."""
    try:
        with (home.run / "daemon.lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def holder(home: Home) -> int | None:
    """The number of the process that holds the lock; None if the lock is free."""
    if not is_held(home):
        return None
    try:
        return int((home.run / "daemon.lock").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _acquire(descriptor: int) -> bool:
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
