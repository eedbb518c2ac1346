"""The frames of a message: ``[header]`` or ``[header, pixels]``; the header is a msgpack map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgpack

from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.pixels import CHUNK_BYTES

PROTOCOL_VERSION = 1
"""The version of docs/protocol.md that this package implements."""

MAX_HEADER_BYTES = 64 * 1024
MAX_FRAME_BYTES = CHUNK_BYTES + MAX_HEADER_BYTES
"""The largest frame; the sockets refuse larger ones."""


def pack(kind: str, fields: Mapping[str, object]) -> bytes:
    """The header of a message of type ``kind``."""
    packed = msgpack.packb({"v": PROTOCOL_VERSION, "type": kind, **fields}, use_bin_type=True)
    if not isinstance(packed, bytes) or len(packed) > MAX_HEADER_BYTES:
        raise ProtocolError("The message {message} is too large to send.", message=repr(kind))
    return packed


def unpack(frames: Sequence[bytes]) -> tuple[str, dict[str, object], bytes]:
    """Split a message into its type, its header and its pixels.

    Raises:
        ProtocolError: the number of frames is wrong, or the header is too large, not msgpack, or
            not a map with a type.
    """
    if not 1 <= len(frames) <= 2 or len(frames[0]) > MAX_HEADER_BYTES:
        raise ProtocolError("A message came with the wrong shape.")
    try:
        header = msgpack.unpackb(
            frames[0],
            raw=False,
            strict_map_key=True,
            max_str_len=16_384,
            max_bin_len=0,
            max_ext_len=0,
            max_array_len=1_024,
            max_map_len=256,
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise ProtocolError("A message came that is not msgpack.") from error
    if not isinstance(header, dict) or not all(isinstance(key, str) for key in header):
        raise ProtocolError("A message came without a header.")
    kind = header.get("type")
    if not isinstance(kind, str) or len(kind) > 32:
        raise ProtocolError("A message came without a type.")
    return kind, header, bytes(frames[1]) if len(frames) == 2 else b""
