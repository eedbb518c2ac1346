"""Standard streams that are closed, full or have no reader must not make a command fail."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import IO, Any, TextIO, cast


def use_utf8(*streams: TextIO | None, system: str = sys.platform) -> None:
    """On Windows let ``streams`` write UTF-8, where a pipe has the letters of one language only."""
    if system == "win32":
        for stream in streams:
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def fill_closed_streams() -> None:
    """Open the null device in place of closed standard streams.

    Otherwise the next opened file, such as the picture, would get descriptor 2, and every library
    that writes to standard error would write into it.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def flush_streams() -> None:
    """Flush the standard streams, so that Python reports no error when it exits."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            redirect_to_null(stream)


def redirect_to_null(stream: TextIO) -> None:
    """Discard what ``stream`` has buffered and what is written to it from now on."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


def ignoring_errors(stream: TextIO) -> IO[str]:
    """``stream``, but text that cannot be written is discarded without an error."""
    return cast(IO[str], _IgnoringErrors(stream))


class _IgnoringErrors:
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
            redirect_to_null(self._stream)
