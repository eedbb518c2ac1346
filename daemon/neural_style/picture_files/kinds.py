"""Detect the kind of a file by its first bytes, not by its name."""

from __future__ import annotations

import codecs

from neural_style.picture_files.refusals import not_a_picture

RAW = "it is a RAW photograph, which a RAW converter must develop first"
_VIDEO = "it is a video"

_SUPPORTED = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)

_UNSUPPORTED = (
    (b"GIF8", "it is a GIF picture"),
    (b"BM", "it is a BMP picture"),
    (b"\0\0\0\x0cjP  ", "it is a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "it is a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "it is a JPEG XL picture"),
    (b"\xff\x0a", "it is a JPEG XL picture"),
    (b"II\xbc", "it is a JPEG XR picture"),
    (b"gimp xcf", "it is an XCF picture of GIMP"),
    (b"8BPS", "it is a PSD picture of Photoshop"),
    (b"%PDF", "it is a PDF document"),
    (b"%!PS", "it is a PostScript document"),
    (b"v/1\x01", "it is an OpenEXR picture"),
    (b"#?R", "it is a Radiance HDR picture"),
    (b"DDS ", "it is a DDS picture"),
    (b"qoif", "it is a QOI picture"),
    (b"\0\0\x01\0", "it is an icon"),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\0", RAW),
    (b"\0MRM", RAW),
    (b"FOVb", RAW),
    (b"PK\x03\x04", "it is a ZIP archive (a Krita or OpenRaster picture, or a document)"),
    (b"\x1f\x8b", "it is compressed by gzip"),
    (b"\x1a\x45\xdf\xa3", _VIDEO),
)

_BRANDS = {
    b"avif": "it is an AVIF picture",
    b"avis": "it is an AVIF picture",
    b"heic": "it is a HEIC picture",
    b"heix": "it is a HEIC picture",
    b"hevc": "it is a HEIC picture",
    b"heim": "it is a HEIC picture",
    b"heis": "it is a HEIC picture",
    b"mif1": "it is a HEIC picture",
    b"msf1": "it is a HEIC picture",
    b"crx ": RAW,
}

_OF_ANY_CODEC = frozenset({b"mif1", b"msf1"})


def format_of(data: bytes, name: str) -> str:
    """Pillow's name of the format of ``data``: PNG, JPEG, TIFF or WEBP.

    Raises:
        InputError: it is something else; the error names the kind if it is known.
    """
    for beginning, kind in _SUPPORTED:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    raise not_a_picture(name, _other(data))


def _other(data: bytes) -> str:
    if not data:
        return "it is empty"
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    for beginning, what in _UNSUPPORTED:
        if data.startswith(beginning):
            return what
    if data[:4] == b"RIFF":
        return _VIDEO if data[8:12] == b"AVI " else "it is not of a known kind"
    if data[:1] == b"P" and data[1:2] in b"1234567" and data[2:3].isspace():
        return "it is a PNM picture"
    return _of_text(data[:2048])


def _of_brands(data: bytes) -> str:
    """The kind of an ISO media file, by its first known brand; the major brand comes first."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[start : start + 4] for start in range(16, end, 4))]
    brands.sort(key=lambda brand: brand in _OF_ANY_CODEC)
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), _VIDEO)


def _of_text(beginning: bytes) -> str:
    text = beginning.lower()
    if b"<svg" in text:
        return "it is an SVG drawing"
    if b"<html" in text or b"<!doctype html" in text:
        return "it is a page of the web (HTML), saved under the name of a picture perhaps"
    if b"\0" not in beginning and _is_utf8(beginning):
        return "it is a text"
    return "it is not of a known kind"


def _is_utf8(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # the data may end within a character
    except UnicodeDecodeError:
        return False
    return True
