"""PNG: the chunks of the pixels are decoded without the other chunks."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import imagecodecs
import numpy as np

from neural_style.picture_files import metadata, pillow
from neural_style.picture_files.decoded import Decoded, Samples, as_float
from neural_style.picture_files.metadata import Metadata
from neural_style.picture_files.png_stream import clean_stream
from neural_style.picture_files.refusals import check_bytes, check_size, damaged

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _INDEXED, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_BITS = {_GREY: (1, 2, 4, 8, 16), _RGB: (8, 16), _INDEXED: (1, 2, 4, 8)}
_BITS |= {_GREY_ALPHA: (8, 16), _RGB_ALPHA: (8, 16)}
_CHANNELS = {_GREY: 1, _RGB: 3, _INDEXED: 1, _GREY_ALPHA: 2, _RGB_ALPHA: 4}
_MOST_INFLATED = 64 << 20
_INCH_IN_METRES = 0.0254
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_OLD_EXIF = re.compile(rb"Raw profile type (?:exif|APP1)\Z")


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    bits: int
    colours: int


def decode(data: bytes, name: str) -> Decoded:
    """The picture of a PNG file; for an animation, its default picture.

    Raises:
        InputError: damaged, or too large.
    """
    chunks = list(_chunks(data))
    header = _header(chunks, name)
    payloads: dict[bytes, bytes] = {}
    for kind, payload in chunks:
        payloads.setdefault(kind, payload)
    colours, alpha = _samples(chunks, header, payloads.get(b"tRNS"))
    return Decoded(
        colours,
        alpha,
        profile=_profile(payloads.get(b"iCCP")),
        metadata=_metadata(chunks, payloads),
        notes=_notes(payloads.get(b"acTL")),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and payload of each chunk. Ignores checksums; the last chunk may be truncated."""
    place = len(_SIGNATURE)
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        yield kind, data[place + 8 : place + 8 + length]
        if kind == b"IEND":
            return
        place += 12 + length


def _header(chunks: list[tuple[bytes, bytes]], name: str) -> _Header:
    kind, payload = chunks[0] if chunks else (b"", b"")
    if kind != b"IHDR" or len(payload) < 13:
        raise damaged(name)
    bits, colours, packing, filters, interlacing = payload[8:13]
    if bits not in _BITS.get(colours, ()) or packing or filters or interlacing > 1:
        raise damaged(name)
    width, height = (int.from_bytes(payload[start : start + 4], "big") for start in (0, 4))
    check_size(name, width, height)
    if bits == 16:
        check_bytes(name, width * height * _CHANNELS[colours] * 4)
    return _Header(width, height, bits, colours)


def _samples(
    chunks: list[tuple[bytes, bytes]], header: _Header, transparent: bytes | None
) -> tuple[Samples, Samples | None]:
    if header.bits == 16:
        return _sixteen_bits(chunks, header, transparent)
    required = {b"IHDR", b"PLTE", b"IDAT"}
    file = _rebuilt([chunk for chunk in chunks if chunk[0] in required])
    with pillow.opened(file, "PNG") as image:
        image.load()
        if header.colours == _INDEXED:
            alpha = _alpha_of_indices(np.asarray(image), transparent)
            return np.asarray(image.convert("RGB")), alpha
        colours, alpha = pillow.colours_and_alpha(image)
    if alpha is None and transparent and _is_valid(transparent, header):
        alpha = _alpha_of_colour(colours, transparent, header)
    return colours, alpha


def _sixteen_bits(
    chunks: list[tuple[bytes, bytes]], header: _Header, transparent: bytes | None
) -> tuple[Samples, Samples | None]:
    """Samples of 16 bits, which Pillow would reduce to 8."""
    required = [(b"IHDR", chunks[0][1][:13])]
    if transparent is not None and _is_valid(transparent, header):
        required.append((b"tRNS", transparent))
    stream = b"".join(payload for kind, payload in chunks if kind == b"IDAT")
    required.append((b"IDAT", clean_stream(stream, chunks[0][1])))
    samples = imagecodecs.png_decode(_rebuilt(required))
    samples = as_float(samples.reshape(*samples.shape[:2], -1), 65535)
    has_alpha = samples.shape[2] in (2, 4)
    return (samples[..., :-1], samples[..., -1]) if has_alpha else (samples, None)


def _is_valid(transparent: bytes | None, header: _Header) -> bool:
    """Whether tRNS is one colour of this picture's type; viewers ignore it otherwise."""
    length = {_GREY: 2, _RGB: 6}.get(header.colours)
    return transparent is not None and len(transparent) == length


def _alpha_of_indices(indices: Samples, transparent: bytes | None) -> Samples | None:
    if not transparent:
        return None
    table = np.full(256, 255, np.uint8)
    given = np.frombuffer(transparent[:256], np.uint8)
    table[: len(given)] = given
    return np.asarray(table[indices])


def _alpha_of_colour(colours: Samples, transparent: bytes, header: _Header) -> Samples:
    """The alpha of the colour in tRNS, which is scaled like ``colours``: to 8 bits."""
    most = (1 << header.bits) - 1
    values = np.frombuffer(transparent, ">u2") & most
    scaled = values.astype(np.uint32) * 255 // most
    hidden = np.asarray((colours == scaled).all(axis=2))
    return np.asarray(np.where(hidden, np.uint8(0), np.uint8(255)))


def _rebuilt(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of these chunks only."""
    parts = [_SIGNATURE]
    for kind, payload in [*chunks, (b"IEND", b"")]:
        checksum = zlib.crc32(kind + payload).to_bytes(4, "big")
        parts += [len(payload).to_bytes(4, "big"), kind, payload, checksum]
    return b"".join(parts)


def _inflated(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, _MOST_INFLATED)
    except zlib.error:
        return None


def _profile(payload: bytes | None) -> bytes | None:
    """The profile; one that cannot be decompressed counts as damaged, not as missing."""
    if payload is None:
        return None
    packed = payload.partition(b"\0")[2][1:]
    return _inflated(packed) or b"damaged"


def _metadata(chunks: list[tuple[bytes, bytes]], payloads: dict[bytes, bytes]) -> Metadata:
    texts = dict(_text(kind, payload) for kind, payload in chunks if kind in _TEXTS)
    old = next((text for key, text in texts.items() if _OLD_EXIF.match(key)), None)
    block = payloads.get(b"eXIf") or (_from_hexadecimal(old) if old else None)
    found = metadata.from_exif(block, texts.get(b"XML:com.adobe.xmp"))
    size = payloads.get(b"pHYs", b"")
    if len(size) == 9 and size[8] == 1:
        across, down = (int.from_bytes(size[start : start + 4], "big") for start in (0, 4))
        dots = metadata.dots_per_inch(across, down, _INCH_IN_METRES)
        found = metadata.with_resolution(found, dots)
    return found


def _text(kind: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """Keyword and text; only text that is used is decompressed."""
    key, _, text = payload.partition(b"\0")
    wanted = key == b"XML:com.adobe.xmp" or _OLD_EXIF.match(key)
    if not wanted:
        return key, b""
    if kind == b"tEXt":
        return key, text
    if kind == b"zTXt":
        return key, _inflated(text[1:]) or b""
    packed = text[:1] == b"\1"
    body = text[2:].partition(b"\0")[2].partition(b"\0")[2]
    return key, (_inflated(body) or b"") if packed else body


def _from_hexadecimal(text: bytes) -> bytes | None:
    """ImageMagick's form: a line with the kind, one with the length, and then hexadecimal."""
    try:
        return bytes.fromhex("".join(text.decode("ascii").split("\n")[3:]))
    except ValueError:
        return None


def _notes(animation: bytes | None) -> tuple[str, ...]:
    frames = int.from_bytes((animation or b"")[:4], "big")
    return ("It is an animation: its first picture was taken.",) if frames > 1 else ()
