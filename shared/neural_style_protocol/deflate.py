"""Pixels made smaller for a slow link, where both sides have the feature ``deflate``."""

from __future__ import annotations

import zlib

from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.pixels import CHUNK_BYTES

FEATURE = "deflate"
LEVEL = 1
"""The fastest: a chunk takes milliseconds, so that nobody waits behind it."""

WORTH_IT = 0.9
"""A chunk that does not become this much smaller is sent as it is."""


def deflated(chunk: bytes) -> bytes | None:
    """``chunk`` as zlib writes it; None if that is hardly smaller."""
    small = zlib.compress(chunk, LEVEL)
    return small if len(small) < WORTH_IT * len(chunk) else None


def inflated(data: bytes) -> bytes:
    """The chunk that was made smaller, never more than a chunk may have.

    Raises:
        ProtocolError: it is not what zlib wrote, or too large.
    """
    inflater = zlib.decompressobj()
    try:
        chunk = inflater.decompress(data, CHUNK_BYTES + 1)
    except zlib.error as error:
        raise ProtocolError("Pixels came that cannot be inflated.") from error
    if len(chunk) > CHUNK_BYTES or not inflater.eof or inflater.unused_data:
        raise ProtocolError("Pixels came that cannot be inflated.")
    return chunk
