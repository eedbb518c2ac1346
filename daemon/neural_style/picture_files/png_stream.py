"""Repair the compressed rows of a PNG file, so that libpng prints no warning."""

from __future__ import annotations

import zlib

_CHUNK_BYTES, _SMALL_CHUNK_BYTES = 1 << 20, 1 << 12
# Adam7: the first column and row of each pass, and the steps between them.
_PASSES: tuple[tuple[int, int, int, int], ...] = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def clean_stream(stream: bytes, header: bytes) -> bytes:
    """``stream``, compressed again if its end or its checksum is wrong.

    Args:
        stream: the payloads of all IDAT chunks.
        header: the payload of IHDR.
    """
    length = _length(header)
    if _is_clean(stream, length):
        return stream
    return zlib.compress(_inflated(stream, length), 0)


def _length(header: bytes) -> int:
    """The number of bytes of all rows with their filter bytes."""
    width, height = (int.from_bytes(header[start : start + 4], "big") for start in (0, 4))
    bits = header[8] * _CHANNELS[header[9]]
    if not header[12]:
        return height * (1 + -(-width * bits // 8))
    total = 0
    for left, top, across, down in _PASSES:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _is_clean(stream: bytes, length: int) -> bool:
    """Whether ``stream`` has exactly ``length`` bytes and the right checksum."""
    unpacker = zlib.decompressobj()
    length_so_far, rest = 0, stream
    try:
        while rest and length_so_far <= length:
            length_so_far += len(unpacker.decompress(rest, _CHUNK_BYTES))
            rest = unpacker.unconsumed_tail
    except zlib.error:
        return False
    return length_so_far == length and unpacker.eof and not unpacker.unused_data


def _inflated(stream: bytes, length: int) -> bytes:
    """The bytes that can be decompressed before an error, at most ``length``."""
    unpacker = zlib.decompressobj()
    found = bytearray()
    for start in range(0, len(stream), _SMALL_CHUNK_BYTES):
        chunk, before = stream[start : start + _SMALL_CHUNK_BYTES], unpacker.copy()
        try:
            found += unpacker.decompress(chunk)
        except zlib.error:
            # zlib returns nothing from a chunk with an error, so decompress it again byte by byte.
            found += _up_to_the_error(before, chunk)
            break
        if len(found) >= length or unpacker.eof:
            break
    return bytes(found[:length])


def _up_to_the_error(unpacker: zlib._Decompress, chunk: bytes) -> bytes:
    found = bytearray()
    try:
        for byte in chunk:
            found += unpacker.decompress(bytes((byte,)))
    except zlib.error:
        pass
    return bytes(found)
