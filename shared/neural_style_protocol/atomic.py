"""Atomic writing of files: a reader finds the old file or the new one, never a part of one."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason

UNFINISHED = "."
"""The names of temporary files begin with this."""

_BEGINNING = f"{UNFINISHED}neural-style-"
_LEFT = re.compile(re.escape(_BEGINNING) + "[0-9a-f]{16}")

PATIENCE_SECONDS = 3.0 if sys.platform == "win32" else 0.0
"""How long a file that another program has open is tried again. Windows does not replace such a
file, and virus scanners open new files for a moment; other systems replace it at once."""


def write(path: Path, *parts: bytes | memoryview, durable: bool = True, mode: int = 0o600) -> None:
    """Write ``parts``, one after another, to ``path`` atomically; see :func:`replacing`.

    Raises:
        StorageError: the file cannot be written; the old one is unchanged.
    """
    with replacing(path, durable=durable, mode=mode) as file:
        for part in parts:
            file.write(part)


@contextlib.contextmanager
def replacing(
    path: Path, *, durable: bool = True, mode: int = 0o600, folder: Path | None = None
) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces ``path`` when the block ends, unless it raises.

    The file has the permissions ``mode``, without those that the umask excludes; by default only
    its owner can read it. With ``durable``, it is synchronised to the disk before it replaces
    ``path``, so after a power cut the old or the new file is there. Without ``durable``, writing is
    much faster, but after a power cut both may be lost.

    The temporary file is in ``folder``, which is on the file system of ``path``; by default it is
    beside ``path``. If the process is killed, it stays there: :func:`clear` removes it.

    Raises:
        StorageError: the file cannot be written; the old one is unchanged.
    """
    try:
        # The path's own name may already be as long as the file system allows.
        name = temporary_name(folder or path.parent)
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            replace(name, path)
        except BaseException:
            name.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=path, reason=reason(error)
        ) from error


def temporary_name(folder: Path) -> Path:
    """A new name for a temporary file in ``folder``, which :func:`clear` knows."""
    return folder / f"{_BEGINNING}{secrets.token_hex(8)}"


def clear(folder: Path, *, unchanged_seconds: float = 0.0) -> None:
    """Remove the temporary files that killed processes have left in ``folder``.

    Args:
        unchanged_seconds: files that were written to more recently stay. Where other programs write
            into the folder too, theirs must not be taken away. The file system's own clock counts.

    Raises:
        OSError: the folder cannot be read, or such a file cannot be removed.
    """
    left = [path for path in folder.glob(f"{_BEGINNING}*") if _LEFT.fullmatch(path.name)]
    now = _time_in(folder) if left and unchanged_seconds else 0.0
    for path in left:
        with contextlib.suppress(FileNotFoundError):  # it has just got its own name
            if not unchanged_seconds or now - path.stat().st_mtime >= unchanged_seconds:
                path.unlink()


def _time_in(folder: Path) -> float:
    """The time by the clock that dates the files in ``folder``; a file server has its own."""
    path = temporary_name(folder)
    path.touch()
    try:
        return path.stat().st_mtime
    finally:
        path.unlink()


def replace(
    source: Path,
    target: Path,
    *,
    patience: float = PATIENCE_SECONDS,
    move: Callable[[Path, Path], None] | None = None,
) -> None:
    """Move ``source`` to ``target``, in place of what is there.

    Args:
        patience: for how many seconds it is tried again while another program has the file open.
        move: what moves a file; by default ``os.replace``.

    Raises:
        OSError: it cannot be moved.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return (move or os.replace)(source, target)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.02)
