"""The metadata of a file: its orientation, and what a painted picture keeps.

Metadata never prevent reading a picture: invalid values are ignored.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass

from neural_style.picture_files.tiff_tags import Directory, Layout, Tag, read_directory, read_layout

ORIENTATION, EXIF_DIRECTORY = 274, 34665
_DATE, _DATE_TAKEN, _ARTIST, _COPYRIGHT = 306, 36867, 315, 33432
_ACROSS, _DOWN, _UNIT = 282, 283, 296
_INCH, _CENTIMETRE = 2, 3
_LONGEST_TEXT = 500
_TEXT_KINDS = frozenset({1, 2, 7, 129})
_HEADER = b"Exif\0\0"
_DATE_FORM = re.compile(r"(?!0000)\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([1-8])\b')


@dataclass(frozen=True)
class Metadata:
    """As in :class:`~neural_style.picture_files.loaded.KeptMetadata`.

    ``orientation`` is EXIF's number, in [1, 8].
    """

    orientation: int = 1
    resolution: tuple[float, float] | None = None
    date: str | None = None
    artist: str | None = None
    copyright: str | None = None


def from_exif(block: bytes | None, xmp: bytes | None = None) -> Metadata:
    """From an EXIF block, with or without its header; XMP is used for the orientation alone."""
    tiff = block or b""
    while tiff.startswith(_HEADER):
        tiff = tiff[len(_HEADER) :]
    layout = read_layout(tiff)
    found = read_directory(tiff, layout, layout.first) if layout else None
    if layout is None or found is None:
        return Metadata(orientation=_from_xmp(xmp))
    return from_directory(tiff, layout, found, xmp)


def from_directory(
    data: bytes, layout: Layout, main: Directory, xmp: bytes | None = None
) -> Metadata:
    """From a directory of a TIFF file or an EXIF block."""
    exif = read_directory(data, layout, main.integer(EXIF_DIRECTORY, 0))
    orientation = main.integer(ORIENTATION, 0)
    return Metadata(
        orientation=orientation if 1 <= orientation <= 8 else _from_xmp(xmp),
        resolution=_resolution(main),
        date=_date(exif, _DATE_TAKEN) or _date(main, _DATE),
        artist=_text(main.tags.get(_ARTIST)),
        copyright=_text(main.tags.get(_COPYRIGHT)),
    )


def dots_per_inch(across: float, down: float, per_inch: float = 1.0) -> tuple[float, float] | None:
    """A resolution, or None if it is implausible.

    Args:
        across, down: dots in each unit of length.
        per_inch: the number of units in an inch.
    """
    dots = (across * per_inch, down * per_inch)
    return dots if all(1 <= value <= 100_000 for value in dots) else None


def _from_xmp(xmp: bytes | None) -> int:
    found = _XMP_ORIENTATION.search(xmp or b"")
    return int(found[1]) if found else 1


def _resolution(main: Directory) -> tuple[float, float] | None:
    sides = [main.tags[n].numbers(1) if n in main.tags else () for n in (_ACROSS, _DOWN)]
    unit = main.integer(_UNIT, _INCH)
    if not all(sides) or unit not in (_INCH, _CENTIMETRE):
        return None
    return dots_per_inch(sides[0][0], sides[1][0], 2.54 if unit == _CENTIMETRE else 1.0)


def _date(found: Directory | None, number: int) -> str | None:
    text = _text(found.tags.get(number)) if found else None
    return text if text and _DATE_FORM.fullmatch(text) else None


def _text(tag: Tag | None) -> str | None:
    """The first of the texts that zeros separate, without control characters."""
    if tag is None or tag.kind not in _TEXT_KINDS:
        return None
    raw = bytes(tag.value[: 4 * _LONGEST_TEXT])
    first = next((part for part in raw.split(b"\0") if part.strip()), b"")
    try:
        text = first.decode()
    except UnicodeDecodeError:
        text = first.decode("latin-1")
    shown = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C").strip()
    return shown[:_LONGEST_TEXT] or None


def with_resolution(found: Metadata, dots: tuple[float, float] | None) -> Metadata:
    """``found`` with the resolution of the file's own header, which overrides EXIF's."""
    return dataclasses.replace(found, resolution=dots or found.resolution)
