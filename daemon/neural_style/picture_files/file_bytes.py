"""The bytes of a file that a person names, or the true reason why there are none."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from urllib.parse import unquote, urlsplit

from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import MAX_BYTES

LARGEST_FILE = MAX_BYTES + (64 << 20)
"""The samples of the largest picture, and room for what stands beside them."""

_PIECE = 1 << 20
_WRITER_APPEARS_WITHIN = 5.0
"""Seconds: a named pipe that nobody opens for writing in that time is taken for empty."""

# pathlib makes one slash of two, so that one must do.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")

_KINDS = {
    stat.S_IFDIR: "is a folder, not a picture",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFCHR: "is a device, not a file",
    stat.S_IFBLK: "is a device, not a file",
}


def file_bytes(path: str | os.PathLike[str]) -> bytes:
    """All of a file or a pipe, at most ``LARGEST_FILE`` bytes.

    Raises:
        InputError: there is no such file, it is something else, may not be read, or is too large.
    """
    name = os.fspath(path)
    try:
        return _read(name)
    except (OSError, ValueError) as error:
        raise _refusal(name, error) from error


def _read(name: str) -> bytes:
    if not name:
        raise InputError("The name of a picture is empty.", next_step="Give the name of a file.")
    found = os.stat(name)
    kind = stat.S_IFMT(found.st_mode)
    if kind in _KINDS:
        raise InputError(f"{name} {_KINDS[kind]}.")
    if found.st_size > LARGEST_FILE:
        raise _too_large(name)
    # Without O_NONBLOCK, opening a pipe would wait for a writer that may never come.
    with open(os.open(name, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
        first = _first_of_pipe(file.fileno()) if kind == stat.S_IFIFO else b""
        os.set_blocking(file.fileno(), True)
        return _rest(name, file.fileno(), first)


def _first_of_pipe(handle: int) -> bytes:
    """What a pipe begins with: a writer is waited for as long as it takes, if there is one."""
    until = time.monotonic() + _WRITER_APPEARS_WITHIN
    while time.monotonic() < until:
        try:
            piece = os.read(handle, _PIECE)
        except BlockingIOError:
            os.set_blocking(handle, True)
            return os.read(handle, _PIECE)
        if piece:
            return piece
        time.sleep(0.02)
    return b""


def _rest(name: str, handle: int, first: bytes) -> bytes:
    pieces, length = [first], len(first)
    while length <= LARGEST_FILE and (piece := os.read(handle, _PIECE)):
        pieces.append(piece)
        length += len(piece)
    if length > LARGEST_FILE:
        raise _too_large(name)
    return b"".join(pieces)


def _too_large(name: str) -> InputError:
    return InputError(
        f"{name} is too large a file for a picture (more than {LARGEST_FILE / 1e9:.1f} GB)."
    )


def _refusal(name: str, error: OSError | ValueError) -> InputError:
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    if number in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG) and _ADDRESS.match(name):
        return _address(name)
    if number == errno.ENOENT:
        return InputError(f"There is no file {name}.")
    if number == errno.ENOTDIR:
        return InputError(
            f"There is no file {name}: a part of its path is a file, not a folder.",
            next_step="Check the path.",
        )
    if number == errno.ENAMETOOLONG:
        return InputError(f"There is no file {name}: the name is too long for one.")
    if number == errno.ELOOP:
        return InputError(f"{name} is a link that leads back to itself.")
    if number in (errno.EACCES, errno.EPERM):
        return InputError(f"{name} may not be read.", next_step="Check its permissions.")
    if number == errno.ENXIO:
        return InputError(f"{name} is a socket or a device, not a file.")
    return InputError(f"{name} cannot be read ({error}).")


def _address(name: str) -> InputError:
    local = unquote(urlsplit(name).path) if name.lower().startswith("file:") else ""
    if local:
        step = f"Give the file's path instead: {local}"
    else:
        step = "Download the picture first, and give the name of the file."
    return InputError(f"{name} is an address, not a file.", next_step=step)
