"""JPEG: decoded without metadata. A file that lacks only its end marker is accepted."""

from __future__ import annotations

import math

import numpy as np

from neural_style.picture_files import jpeg_markers, metadata, pillow
from neural_style.picture_files.decoded import Decoded, Samples, reduction_factor
from neural_style.picture_files.jpeg_markers import Frame, Markers, Scan
from neural_style.picture_files.metadata import Metadata
from neural_style.picture_files.refusals import check_size, damaged, unknown_kind

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_ADOBE_LENGTH, _JFIF_LENGTH = 12, 14
_INCH, _CENTIMETRE = 1, 2
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_FILLER = b"\x55\xaa\x33\xcc\x0f\xf0\x5a\xa5" * 512
"""Bytes that no encoder writes. If appending them changes the picture, data were missing."""


def decode(data: bytes, name: str, min_pixels: int | None = None) -> Decoded:
    """The picture of a JPEG file, decoded smaller if ``min_pixels`` still remain.

    Raises:
        InputError: damaged, too large, or of an unsupported kind.
    """
    markers = jpeg_markers.markers_of(data)
    frame = markers.frame
    if frame is None or not markers.scans:
        raise damaged(name)
    check_size(name, frame.width, frame.height)
    if frame.kind in _LOSSLESS or frame.bits != 8:
        raise unknown_kind(name, "is a lossless JPEG, or one with more than 8 bits")
    if markers.end is None and not _is_whole(data, markers, frame):
        raise damaged(name)
    with pillow.opened(_rebuilt(data, markers), "JPEG") as image:
        by = reduction_factor(frame.width, frame.height, min_pixels)
        if by > 1:
            image.draft(image.mode, (-(-frame.width // by), -(-frame.height // by)))
        image.load()
        colours, alpha = pillow.colours_and_alpha(image)
    return Decoded(colours, alpha, profile=_profile(markers), metadata=_metadata(markers))


def _rebuilt(data: bytes, markers: Markers, filler: bytes = b"") -> bytes:
    """The file without metadata, and with an end marker."""
    scans = data[markers.scans_start : len(data) if markers.end is None else markers.end]
    if markers.end is None:
        scans = scans.rstrip(b"\xff")
    return b"".join([_SOI, *_colour_markers(markers), *markers.required, scans, filler, _EOI])


def _colour_markers(markers: Markers) -> list[bytes]:
    """The JFIF and Adobe markers, which define the colour components."""
    kept = []
    for number, payload in markers.application:
        if number == 0 and payload.startswith(b"JFIF\0") and len(payload) >= _JFIF_LENGTH:
            kept.append(_JFIF)
        if number == 14 and payload.startswith(b"Adobe") and len(payload) >= _ADOBE_LENGTH:
            kept.append(b"\xff\xee\x00\x0e" + payload[:_ADOBE_LENGTH])
    return kept


def _is_whole(data: bytes, markers: Markers, frame: Frame) -> bool:
    """Whether a file without an end marker has all its pixels."""
    if frame.kind in _PROGRESSIVE and not _is_refined(markers, frame):
        return False
    last = markers.scans[-1]
    expected = _expected_restarts(markers, frame, last) if markers.restart else 0
    if jpeg_markers.restarts(data, last) < expected:
        return False
    plain, filled = (_pixels(_rebuilt(data, markers, filler)) for filler in (b"", _FILLER))
    return np.array_equal(plain, filled)


def _pixels(data: bytes) -> Samples:
    with pillow.opened(data, "JPEG") as image:
        image.load()
        return np.asarray(image)


def _is_refined(markers: Markers, frame: Frame) -> bool:
    """Whether the scans contain every coefficient of every component down to its last bit."""
    lowest = {(part.number, index): 99 for part in frame.components for index in range(64)}
    for scan in markers.scans:
        if len(scan.header) < 4:
            return False
        first, last, bits = scan.header[-3:]
        for number in jpeg_markers.scan_components(scan):
            for index in range(first, min(last, 63) + 1):
                lowest[number, index] = bits & 15
    return not any(lowest.values())


def _expected_restarts(markers: Markers, frame: Frame, scan: Scan) -> int:
    """The number of restart markers in a complete scan (ITU-T T.81, A.2 and E.1.4)."""
    widest = max(part.across for part in frame.components)
    highest = max(part.down for part in frame.components)
    inside = set(jpeg_markers.scan_components(scan))
    parts = [part for part in frame.components if part.number in inside]
    if not widest or not highest or not parts:
        return 0
    if len(parts) == 1:
        columns = math.ceil(math.ceil(frame.width * parts[0].across / widest) / 8)
        rows = math.ceil(math.ceil(frame.height * parts[0].down / highest) / 8)
    else:
        columns = math.ceil(frame.width / (8 * widest))
        rows = math.ceil(frame.height / (8 * highest))
    return math.ceil(columns * rows / markers.restart) - 1


def _profile(markers: Markers) -> bytes | None:
    """The profile, joined from its numbered parts."""
    start = len(_ICC) + 2
    parts = [p for number, p in markers.application if number == 2 and p.startswith(_ICC)]
    parts.sort(key=lambda part: part[len(_ICC) : start])
    return b"".join(part[start:] for part in parts) or None


def _metadata(markers: Markers) -> Metadata:
    first = {
        key: next((p for n, p in markers.application if n == number and p.startswith(key)), None)
        for number, key in ((1, _EXIF), (1, _XMP), (0, b"JFIF\0"))
    }
    found = metadata.from_exif(first[_EXIF], first[_XMP])
    header = first[b"JFIF\0"] or b""
    if len(header) < _JFIF_LENGTH or header[7] not in (_INCH, _CENTIMETRE):
        return found
    widest, highest = (int.from_bytes(header[start : start + 2], "big") for start in (8, 10))
    per_inch = 2.54 if header[7] == _CENTIMETRE else 1.0
    return metadata.with_resolution(found, metadata.dots_per_inch(widest, highest, per_inch))
