"""What goes through the bridge's pipes: messages of a client and a daemon, and a few of its own.

A parcel begins with two fixed bytes, so that anything else in the pipe is found at once. Its kind,
the number of its frames and the length of each follow, and then the frames.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.errors import ProtocolError

MARK = b"NS"
MOST_FRAMES = 2
_HEAD = struct.Struct("<2sBB")
_MESSAGE, _CONTROL = 0, 1


class Source(Protocol):
    """An unbuffered stream that is read; :class:`io.FileIO` is one."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


class Sink(Protocol):
    """An unbuffered stream that is written to; :class:`io.FileIO` is one."""

    def write(self, data: memoryview, /) -> int | None: ...


@dataclass(frozen=True)
class Parcel:
    """The one or two frames of a message; a control is between the two ends of the pipe."""

    frames: Sequence[bytes]
    is_control: bool = False


def write(sink: Sink, parcel: Parcel) -> None:
    """Write a parcel, and wait until the pipe has taken it.

    Raises:
        OSError: nobody reads any more.
    """
    kind = _CONTROL if parcel.is_control else _MESSAGE
    header, *pixels = parcel.frames
    lengths = struct.pack(f"<{len(parcel.frames)}I", *map(len, parcel.frames))
    # In one piece, because the reader wakes up at each.
    _write_all(sink, _HEAD.pack(MARK, kind, len(parcel.frames)) + lengths + header)
    for frame in pixels:
        _write_all(sink, frame)


def read(source: Source) -> Parcel | None:
    """Wait for the next parcel; None if the stream has ended, be it in the middle of one.

    Nothing is allocated for a parcel that is too large.

    Raises:
        ProtocolError: what comes is no parcel.
        OSError: the stream cannot be read.
    """
    head = _read_exactly(source, _HEAD.size)
    if head is None:
        return None
    mark, kind, count = _HEAD.unpack(head)
    if mark != MARK or kind not in (_MESSAGE, _CONTROL) or not 1 <= count <= MOST_FRAMES:
        raise ProtocolError("Something that is no message came through the bridge.")
    table = _read_exactly(source, 4 * count)
    if table is None:
        return None
    frames = []
    for length in struct.unpack(f"<{count}I", table):
        if length > MAX_FRAME_BYTES:
            raise ProtocolError("A message that is too large came through the bridge.")
        frame = _read_exactly(source, length)
        if frame is None:
            return None
        frames.append(frame)
    return Parcel(tuple(frames), kind == _CONTROL)


def _write_all(sink: Sink, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[sink.write(left) or 0 :]


def _read_exactly(source: Source, count: int) -> bytes | None:
    """So many bytes; None if the stream ends before."""
    buffer = bytearray(count)
    left = memoryview(buffer)
    while left:
        taken = source.readinto(left)
        if not taken:
            return None
        left = left[taken:]
    return bytes(buffer)
