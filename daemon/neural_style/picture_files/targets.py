"""Check before the work that a picture can be saved."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from pathlib import Path

from neural_style.picture_files.formats import format_for
from neural_style_protocol.errors import StorageError

_ELSEWHERE = "Choose another place."


def check_writable(path: Path) -> None:
    """Check before the work that a result can be saved as ``path``.

    An existing file is opened and not changed. A new file is created and removed again.

    Raises:
        InputError: the extension is not supported.
        StorageError: the folder is missing, or the file cannot be written.
    """
    format_for(path)
    real = Path(os.path.realpath(path))
    try:
        found = _status(path, real)
        if found is None:
            _try_new(real)
        else:
            _try_old(path, real, found)
        _check_room(real.parent)
    except OSError as error:
        raise _refusal(path, error) from error


def _status(path: Path, real: Path) -> os.stat_result | None:
    """The status of ``path``; None if the file is missing but its folder exists."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        folder = real.parent
        if folder.is_dir():
            return None
        if os.path.islink(path):
            raise StorageError(
                "{path} is a link to {real}, and there is no folder {folder}.",
                next_step="Make it first.",
                path=path,
                real=real,
                folder=folder,
            ) from None
        inside = next((part for part in folder.parents if part.exists()), folder)
        file = folder if folder.exists() else inside
        if not file.is_dir():
            raise StorageError(
                "There is no folder {folder}: {file} is a file.",
                next_step=_ELSEWHERE,
                folder=path.parent,
                file=file,
            ) from None
        raise StorageError(
            "There is no folder {folder}.", next_step="Make it first.", folder=path.parent
        ) from None


def _try_new(real: Path) -> None:
    os.close(os.open(real, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    real.unlink()


def _try_old(path: Path, real: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise StorageError(
            "{path} cannot be written: it is a folder.",
            next_step="Name a picture in it, such as {example}.",
            path=path,
            example=path / "painted.png",
        )
    if not stat.S_ISREG(found.st_mode):
        raise StorageError(
            "{path} cannot be written: it is a device or a pipe, not a file.",
            next_step=_ELSEWHERE,
            path=path,
        )
    os.close(os.open(real, os.O_WRONLY))


def _check_room(folder: Path) -> None:
    if sys.platform == "win32":
        size, _, free = shutil.disk_usage(folder)
    else:
        disk = os.statvfs(folder)
        size, free = disk.f_blocks, disk.f_bavail if os.geteuid() else disk.f_bfree
    if size and not free:  # some network file systems report no blocks at all
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refusal(path: Path, error: OSError) -> StorageError:
    match error.errno:
        case errno.ENAMETOOLONG:
            reason, step = "its name is too long", "Choose a shorter name."
        case errno.ELOOP:
            reason, step = "it is a link that leads back to itself", _ELSEWHERE
        case errno.EROFS:
            reason, step = "its file system is read-only", _ELSEWHERE
        case errno.EACCES:
            reason, step = "permission denied", "Check its permissions, or choose another place."
        case errno.EPERM:
            reason = "it is protected against changes"
            step = "`lsattr` shows how; or choose another place."
        case errno.ENOSPC | errno.EDQUOT:
            reason, step = "there is no space left", "Make room, or choose another place."
        case _:
            reason, step = error.strerror or str(error), _ELSEWHERE
    return StorageError(
        "{path} cannot be written: {reason}.", next_step=step, path=path, reason=reason
    )
