"""Read the bytes of a file that the user names, or say exactly why that failed."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import time
from urllib.parse import unquote, urlsplit

from neural_style_protocol.errors import InputError
from neural_style_protocol.phrases import Amount, reason
from neural_style_protocol.pixels import MAX_BYTES

LARGEST_FILE = MAX_BYTES + (64 << 20)
"""The samples of the largest picture, and 64 MiB for metadata."""

_CHUNK_BYTES = 1 << 20
_HOW_TO_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Without O_NONBLOCK, opening a pipe would block until there is a writer; without O_BINARY, Windows
changes the ends of lines."""
_WRITER_APPEARS_WITHIN = 5.0
"""Seconds. A named pipe that nobody opens for writing within this time counts as empty."""

# One slash is enough, because pathlib collapses two into one.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")

_KINDS = {
    stat.S_IFDIR: "is a folder, not a picture",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFCHR: "is a device, not a file",
    stat.S_IFBLK: "is a device, not a file",
}


def file_bytes(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a file or a pipe, at most ``LARGEST_FILE``.

    Raises:
        InputError: the file is missing, not a file, not readable, or too large.
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
        raise InputError("{name} {what}.", name=name, what=_KINDS[kind])
    if found.st_size > LARGEST_FILE:
        raise _too_large(name)
    with open(os.open(name, _HOW_TO_OPEN), "rb", buffering=0) as file:
        first = _first_of_pipe(file.fileno()) if kind == stat.S_IFIFO else b""
        if sys.platform != "win32":
            os.set_blocking(file.fileno(), True)
        return _rest(name, file.fileno(), first)


def _first_of_pipe(handle: int) -> bytes:
    """The first bytes of a pipe. If it has a writer, waits as long as the writer takes."""
    until = time.monotonic() + _WRITER_APPEARS_WITHIN
    while time.monotonic() < until:
        try:
            chunk = os.read(handle, _CHUNK_BYTES)
        except BlockingIOError:
            if sys.platform != "win32":
                os.set_blocking(handle, True)
            return os.read(handle, _CHUNK_BYTES)
        if chunk:
            return chunk
        time.sleep(0.02)
    return b""


def _rest(name: str, handle: int, first: bytes) -> bytes:
    chunks, length = [first], len(first)
    while length <= LARGEST_FILE and (chunk := os.read(handle, _CHUNK_BYTES)):
        chunks.append(chunk)
        length += len(chunk)
    if length > LARGEST_FILE:
        raise _too_large(name)
    return b"".join(chunks)


def _too_large(name: str) -> InputError:
    return InputError(
        "{name} is too large a file for a picture (more than {amount}).",
        name=name,
        amount=Amount(LARGEST_FILE),
    )


def _refusal(name: str, error: OSError | ValueError) -> InputError:
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    if number in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG) and _ADDRESS.match(name):
        return _address(name)
    if number == errno.ENOENT:
        return InputError("There is no file {name}.", name=name)
    if number == errno.ENOTDIR:
        return InputError(
            "There is no file {name}: a part of its path is a file, not a folder.",
            next_step="Check the path.",
            name=name,
        )
    if number == errno.ENAMETOOLONG:
        return InputError("There is no file {name}: the name is too long for one.", name=name)
    if number == errno.ELOOP:
        return InputError("{name} is a link that leads back to itself.", name=name)
    if number in (errno.EACCES, errno.EPERM):
        return InputError("{name} may not be read.", next_step="Check its permissions.", name=name)
    if number == errno.ENXIO:
        return InputError("{name} is a socket or a device, not a file.", name=name)
    return InputError("{name} cannot be read ({reason}).", name=name, reason=reason(error))


def _address(name: str) -> InputError:
    local = unquote(urlsplit(name).path) if name.lower().startswith("file:") else ""
    if local:
        step = "Give the file's path instead: {path}"
    else:
        step = "Download the picture first, and give the name of the file."
    return InputError("{name} is an address, not a file.", next_step=step, name=name, path=local)
