"""The process's standard streams as the bridge's own."""

from __future__ import annotations

import os
import sys
from io import FileIO


def own_streams() -> tuple[FileIO, FileIO]:
    """Standard input and output, unbuffered, for the bridge alone.

    Whatever else is written to standard output from now on goes to standard error, be it by a
    library in C. Nothing else gets what comes through standard input.
    """
    source, sink = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (source, sink):
            msvcrt.setmode(descriptor, os.O_BINARY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return FileIO(source, "rb"), FileIO(sink, "wb")
