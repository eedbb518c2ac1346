"""WebP: the chunks of the pixels are decoded without the other chunks."""

from __future__ import annotations

from collections.abc import Iterator

from neural_style.picture_files import metadata, pillow
from neural_style.picture_files.decoded import Decoded
from neural_style.picture_files.refusals import check_size

_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})
_HAS_PROFILE, _HAS_EXIF, _HAS_XMP = 0x20, 0x08, 0x04
_MOST_FRAMES_KEPT = 1


def decode(data: bytes, name: str) -> Decoded:
    """The picture of a WebP file; of an animation, its first frame.

    Raises:
        InputError: too large.
    """
    payloads: dict[bytes, bytes] = {}
    kept: list[tuple[bytes, bytes]] = []
    frames = 0
    for kind, payload in _chunks(data):
        payloads.setdefault(kind, payload)
        frames += kind == b"ANMF"
        if kind == b"VP8X" and payload:
            kept.append((kind, _without_metadata_flags(payload)))
        elif kind in _PIXELS or (kind == b"ANMF" and frames <= _MOST_FRAMES_KEPT):
            kept.append((kind, payload))
    with pillow.opened(_rebuilt(kept), "WEBP") as image:
        check_size(name, *image.size)
        image.load()
        colours, alpha = pillow.colours_and_alpha(image)
    return Decoded(
        colours,
        alpha,
        profile=payloads.get(b"ICCP"),
        metadata=metadata.from_exif(payloads.get(b"EXIF"), payloads.get(b"XMP ")),
        notes=("It is an animation: its first picture was taken.",) if frames > 1 else (),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(data):
        kind = data[place : place + 4]
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _without_metadata_flags(header: bytes) -> bytes:
    flags = header[0] & ~(_HAS_PROFILE | _HAS_EXIF | _HAS_XMP)
    return bytes([flags]) + header[1:]


def _rebuilt(chunks: list[tuple[bytes, bytes]]) -> bytes:
    parts = [b"WEBP"]
    for kind, payload in chunks:
        padding = b"\0" * (len(payload) % 2)
        parts += [kind, len(payload).to_bytes(4, "little"), payload, padding]
    body = b"".join(parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
