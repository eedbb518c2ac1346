"""Compression of pixels for slow links, if both sides have the feature ``deflate``."""

from __future__ import annotations

import zlib

from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.pixels import CHUNK_BYTES

FEATURE = "deflate"
LEVEL = 1
"""The fastest level: a chunk takes milliseconds, so that other messages are not delayed."""

WORTHWHILE_RATIO = 0.9
"""A chunk is sent uncompressed unless its size shrinks below this ratio."""


def deflated(chunk: bytes) -> bytes | None:
    """``chunk`` compressed by zlib; None if that is hardly smaller."""
    compressed = zlib.compress(chunk, LEVEL)
    return compressed if len(compressed) < WORTHWHILE_RATIO * len(chunk) else None


def inflated(data: bytes) -> bytes:
    """The decompressed chunk, at most CHUNK_BYTES.

    Raises:
        ProtocolError: ``data`` is not a zlib stream, or the chunk is too large.
    """
    inflater = zlib.decompressobj()
    try:
        chunk = inflater.decompress(data, CHUNK_BYTES + 1)
    except zlib.error as error:
        raise ProtocolError("Pixels came that cannot be inflated.") from error
    if len(chunk) > CHUNK_BYTES or not inflater.eof or inflater.unused_data:
        raise ProtocolError("Pixels came that cannot be inflated.")
    return chunk
