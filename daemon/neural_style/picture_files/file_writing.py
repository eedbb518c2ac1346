"""Write a file atomically, and keep the permissions of the file that it replaces.

For a symbolic link, the target is written and the link stays. A new file replaces the old one.
Other hard links to the old file keep the old picture: they may be a backup.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Any

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
            copy_protection(file.fileno(), real)
            file.write(data)
    except StorageError as error:
        problem = error.__cause__
        if not isinstance(problem, OSError) or problem.errno not in _WRITE_IN_PLACE_AFTER:
            raise
        write_in_place(real, data)


def copy_protection(handle: int, old: Path, system: Any = os) -> None:
    """Copy owner, group, mode and extended attributes of ``old`` to a new file.

    Windows has only its lists of rights, which a new file takes from its folder; macOS has no
    functions for extended attributes in Python.

    Args:
        system: the module os; it has the functions that the system has.

    Raises:
        OSError: the new file cannot get the same owner and group.
    """
    before, now = os.stat(old), os.fstat(handle)
    if hasattr(system, "fchown"):  # a Windows that has fchmod only knows "read-only" by it
        if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
            system.fchown(handle, before.st_uid, before.st_gid)
        system.fchmod(handle, stat.S_IMODE(before.st_mode))
    if hasattr(system, "listxattr"):
        _copy_attributes(handle, old, system)


def _copy_attributes(handle: int, old: Path, system: Any) -> None:
    with contextlib.suppress(OSError):  # the file system may not support them
        for name in system.listxattr(old):
            with contextlib.suppress(OSError):  # only the system may set some of them
                system.setxattr(handle, name, system.getxattr(old, name))


def write_in_place(real: Path, data: bytes | memoryview, system: Any = os) -> None:
    """Write ``data`` over the content of the file ``real``; if that fails, put the old one back.

    Args:
        system: the module os; it has the functions that the system has.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        with real.open("r+b", buffering=0) as file:
            old = file.read()
            try:
                if hasattr(system, "posix_fallocate"):
                    # Allocate the space first, so that a full disk changes nothing.
                    system.posix_fallocate(file.fileno(), 0, max(1, len(data)))
                _overwrite(file, data)
            except BaseException:
                _overwrite(file, old)
                raise
    except OSError as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=real, reason=reason(error)
        ) from error


def _overwrite(file: FileIO, data: bytes | memoryview) -> None:
    left = memoryview(data)
    file.seek(0)
    while left:
        left = left[file.write(left) :]
    file.truncate()
    os.fsync(file.fileno())
