"""Write a file atomically, and keep the permissions of the file that it replaces.

For a symbolic link, the target is written and the link stays. A new file replaces the old one.
Other hard links to the old file keep the old picture: they may be a backup.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason

_WRITE_IN_PLACE_AFTER = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV}
)
"""Errors after which a file that cannot be replaced is written in place. It may still be writable,
for example if its folder is protected, if it is a mount point, or if its owner would change."""


def write(path: Path, data: bytes | memoryview) -> None:
    """Write ``data`` to ``path``; keeps mode, owner, group and extended attributes.

    Raises:
        StorageError: the file cannot be written; the old file is unchanged.
    """
    real = Path(os.path.realpath(path))
    if not os.path.exists(real):
        atomic.write(real, data, mode=0o666)
        return
    try:
        with atomic.replacing(real) as file:
            _copy_protection(file.fileno(), real)
            file.write(data)
    except StorageError as error:
        problem = error.__cause__
        if not isinstance(problem, OSError) or problem.errno not in _WRITE_IN_PLACE_AFTER:
            raise
        _write_in_place(real, data)


def _copy_protection(handle: int, old: Path) -> None:
    """Copy owner, group, mode and extended attributes of ``old`` to a new file.

    Raises:
        OSError: the new file cannot get the same owner and group.
    """
    before, now = os.stat(old), os.fstat(handle)
    if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
    with contextlib.suppress(OSError):  # the file system may not support them
        for name in os.listxattr(old):
            with contextlib.suppress(OSError):  # only the system may set some of them
                os.setxattr(handle, name, os.getxattr(old, name))


def _write_in_place(real: Path, data: bytes | memoryview) -> None:
    try:
        with real.open("r+b") as file:
            old = file.read()
            try:
                # Allocate the space first, so that a full disk changes nothing.
                os.posix_fallocate(file.fileno(), 0, max(1, len(data)))
                _overwrite(file.fileno(), data)
            except BaseException:
                _overwrite(file.fileno(), old)
                raise
    except OSError as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=real, reason=reason(error)
        ) from error


def _overwrite(handle: int, data: bytes | memoryview) -> None:
    left, offset = memoryview(data), 0
    while left:
        written = os.pwrite(handle, left, offset)
        left, offset = left[written:], offset + written
    os.ftruncate(handle, offset)
    os.fsync(handle)
