"""Standard streams that are closed, full, or whose reader has gone: they must do no harm."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, Any, TextIO, cast


def fill_closed_streams() -> None:
    """Open nothing in the place of standard streams that are closed.

    Otherwise the next file that is opened, such as the picture, would be standard error to every
    library that writes there.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def settle_streams() -> None:
    """Write what is left, so that Python itself finds nothing to complain of when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            to_nowhere(stream)


def to_nowhere(stream: TextIO) -> None:
    """Lose what ``stream`` holds and all that is written to it from now on."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


def forgiving(stream: TextIO) -> IO[str]:
    """``stream``, but what cannot be written to it is lost without a word."""
    return cast(IO[str], _Forgiving(stream))


class _Forgiving:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        encoding = self._stream.encoding or "utf-8"
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            to_nowhere(self._stream)
