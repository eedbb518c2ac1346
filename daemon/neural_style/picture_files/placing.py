"""Bytes put where a person wants them: whole or not at all, and as the file there was protected.

The file behind a symbolic link is written, and the link stays. A new file takes the place of the
old one, whose other hard links keep the old picture: they may be somebody's backup.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError

_MAY_BE_WRITTEN_IN_PLACE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV}
)
"""Why a file cannot be replaced though it may be writable: its folder is protected, it is mounted
by itself, or it would not belong to its owner any more."""


def put(path: Path, data: bytes | memoryview) -> None:
    """Write ``data`` to ``path``: mode, owner, group and extended attributes stay as they are.

    Raises:
        StorageError: it cannot be written; what was at ``path`` is still there.
    """
    real = Path(os.path.realpath(path))
    if not os.path.exists(real):
        atomic.write(real, data, mode=0o666)
        return
    try:
        with atomic.replacing(real) as file:
            _protect_alike(file.fileno(), real)
            file.write(data)
    except StorageError as error:
        problem = error.__cause__
        if not isinstance(problem, OSError) or problem.errno not in _MAY_BE_WRITTEN_IN_PLACE:
            raise
        _write_in_place(real, data)


def _protect_alike(handle: int, old: Path) -> None:
    """Give a new file what the old one has beside its bytes.

    Raises:
        OSError: it cannot have the same owner and group.
    """
    before, now = os.stat(old), os.fstat(handle)
    if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
    with contextlib.suppress(OSError):  # the file system may have none
        for name in os.listxattr(old):
            with contextlib.suppress(OSError):  # some belong to the system
                os.setxattr(handle, name, os.getxattr(old, name))


def _write_in_place(real: Path, data: bytes | memoryview) -> None:
    try:
        with real.open("r+b") as file:
            old = file.read()
            try:
                # Room for all of it is taken first, so that a full disk changes nothing.
                os.posix_fallocate(file.fileno(), 0, max(1, len(data)))
                _overwrite(file.fileno(), data)
            except BaseException:
                _overwrite(file.fileno(), old)
                raise
    except OSError as error:
        raise StorageError(f"{real} cannot be written ({error.strerror or error}).") from error


def _overwrite(handle: int, data: bytes | memoryview) -> None:
    left, offset = memoryview(data), 0
    while left:
        written = os.pwrite(handle, left, offset)
        left, offset = left[written:], offset + written
    os.ftruncate(handle, offset)
    os.fsync(handle)
