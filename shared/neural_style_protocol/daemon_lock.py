"""The lock that a daemon holds as long as it lives.

The kernel lets go of it when the process ends, however it ends, so a connection file without a
held lock is stale: no process number can be mistaken for another's, not even from inside a
sandbox that cannot see processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from neural_style_protocol.errors import DaemonError
from neural_style_protocol.paths import Home

PATIENCE_SECONDS = 1.0
"""A client that looks whether the lock is held holds it for an instant itself."""


@contextlib.contextmanager
def held(home: Home) -> Iterator[None]:
    """Be the one daemon of ``home``.

    Raises:
        DaemonError: another daemon of this home is running.
    """
    with (home.run / "daemon.lock").open("a+") as file:
        if not _taken(file.fileno()):
            raise DaemonError(
                "The daemon is already running.",
                next_step="Run `neural-style status` to see how it is.",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_held(home: Home) -> bool:
    """Whether a daemon of ``home`` lives."""
    try:
        with (home.run / "daemon.lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def holder(home: Home) -> int | None:
    """The process that holds the lock; None if nobody does."""
    if not is_held(home):
        return None
    try:
        return int((home.run / "daemon.lock").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _taken(descriptor: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
