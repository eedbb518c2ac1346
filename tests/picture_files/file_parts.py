"""Build picture files by hand, with chunks, segments and tags that no library would write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence

from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}

Entry = tuple[int, int, int, bytes]
"""A tag: number, kind, count and the bytes of its value."""


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """``image`` as a file, written by Pillow."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, payload: bytes, checksum: int | None = None) -> bytes:
    """A chunk of a PNG file."""
    right = zlib.crc32(kind + payload)
    found = right if checksum is None else checksum
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", found)


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG file with further chunks after its header."""
    end = len(PNG_SIGNATURE) + 25
    return png[:end] + b"".join(chunks) + png[end:]


def png(
    width: int,
    height: int,
    bits: int,
    colours: int,
    rows: Iterable[bytes],
    *between: bytes,
    interlaced: bool = False,
) -> bytes:
    """A PNG file of packed rows, with chunks between its header and its data."""
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    ends = (chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"".join([PNG_SIGNATURE, chunk(b"IHDR", header), *between, *ends])


def segment(kind: int, payload: bytes) -> bytes:
    """A segment of a JPEG file."""
    return bytes([0xFF, kind]) + struct.pack(">H", len(payload) + 2) + payload


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG file with further segments after its first two bytes."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def with_riff_chunks(webp: bytes, size: tuple[int, int], *chunks: tuple[bytes, bytes]) -> bytes:
    """A simple WebP file in the extended form, with further chunks at its end."""
    flags = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
    flag = sum(flags.get(kind, 0) for kind, _ in dict(chunks).items())
    flag |= 0x10 if b"VP8L" in webp[:20] else 0
    extended = bytes([flag, 0, 0, 0]) + b"".join(struct.pack("<I", side - 1)[:3] for side in size)
    body = b"WEBP" + _riff(b"VP8X", extended)
    before = [pair for pair in chunks if pair[0] == b"ICCP"]
    after = [pair for pair in chunks if pair[0] != b"ICCP"]
    body += b"".join(_riff(*pair) for pair in before) + webp[12:]
    body += b"".join(_riff(*pair) for pair in after)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def directory(entries: Sequence[Entry], at: int, order: str = "<", following: int = 0) -> bytes:
    """A directory for offset ``at``, followed by the values of its tags."""
    place = at + 2 + 12 * len(entries) + 4
    head, values = struct.pack(f"{order}H", len(entries)), b""
    for number, kind, count, value in sorted(entries, key=lambda entry: entry[0]):
        head += struct.pack(f"{order}HHI", number & 0xFFFF, kind, count)
        if len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack(f"{order}I", place + len(values))
            values += value + b"\0" * (len(value) % 2)
    return head + struct.pack(f"{order}I", following) + values


def exif(*entries: Entry, order: str = "<") -> bytes:
    """An EXIF block, with its header."""
    mark = b"II" if order == "<" else b"MM"
    header = mark + struct.pack(f"{order}HI", 42, 8)
    return b"Exif\0\0" + header + directory(entries, 8, order)


def short(number: int, *values: int, order: str = "<") -> Entry:
    """A tag of 16-bit numbers."""
    return number, 3, len(values), struct.pack(f"{order}{len(values)}H", *values)


def long(number: int, *values: int, order: str = "<") -> Entry:
    """A tag of 32-bit numbers."""
    return number, 4, len(values), struct.pack(f"{order}{len(values)}I", *values)


def text(number: int, value: str) -> Entry:
    """A tag of text."""
    data = value.encode() + b"\0"
    return number, 2, len(data), data


def tiff(size: tuple[int, int], strip: bytes, entries: Sequence[Entry], order: str = "<") -> bytes:
    """A TIFF file of one strip; ``entries`` describe its samples."""
    mark = b"II" if order == "<" else b"MM"
    padded = strip + b"\0" * (len(strip) % 2)
    at = 8 + len(padded)
    frame = [
        long(256, size[0], order=order),
        long(257, size[1], order=order),
        long(273, 8, order=order),
        long(278, size[1], order=order),
        long(279, len(strip), order=order),
    ]
    given = {entry[0] for entry in entries}
    whole = [*(entry for entry in frame if entry[0] not in given), *entries]
    return mark + struct.pack(f"{order}HI", 42, at) + padded + directory(whole, at, order)
