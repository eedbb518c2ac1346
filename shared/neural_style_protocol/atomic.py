"""The one way to write a file: a reader finds the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from neural_style_protocol.errors import StorageError

UNFINISHED = "."
"""Names of files that are being written begin with this."""


def write(path: Path, *parts: bytes | memoryview, forced: bool = True, mode: int = 0o600) -> None:
    """Put ``parts``, one after another, at ``path`` in one step; see :func:`replacing`.

    Raises:
        StorageError: the file cannot be written; what was at ``path`` is still there.
    """
    with replacing(path, forced=forced, mode=mode) as file:
        for part in parts:
            file.write(part)


@contextlib.contextmanager
def replacing(path: Path, *, forced: bool = True, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A new file that takes the place of ``path`` when the block ends; an exception removes it.

    Its owner alone can read it, from the first byte on, unless ``mode`` gives more, from which the
    umask is taken. A ``forced`` file is on the disk itself
    before it takes the place, so a power cut leaves the old file or the new one. Without that,
    writing takes a fraction of the time, and a power cut may leave neither.

    Raises:
        StorageError: the file cannot be written; what was at ``path`` is still there.
    """
    try:
        # Not named after the path, whose name may be as long as the file system allows.
        name = path.parent / f"{UNFINISHED}neural-style-{secrets.token_hex(8)}"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                if forced:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            name.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror or error}).") from error
