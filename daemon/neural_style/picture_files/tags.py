"""The metadata of a painted picture, as EXIF and as the tags of a TIFF file."""

from __future__ import annotations

from typing import Any

from PIL import Image

from neural_style.picture_files.loaded import KeptMetadata

SOFTWARE = "Neural Style for GIMP"

_X_RESOLUTION, _Y_RESOLUTION, _UNIT, _INCH = 282, 283, 296, 2
_SOFTWARE, _DATE, _ARTIST, _COPYRIGHT = 305, 306, 315, 33432
_EXIF_DIRECTORY, _DATE_TAKEN, _COLOUR_SPACE = 34665, 36867, 40961
_SRGB, _UNCALIBRATED = 1, 65535
_ASCII = 2


def exif(kept: KeptMetadata, *, is_srgb: bool) -> bytes:
    """An EXIF block, without orientation: the picture is upright."""
    block = Image.Exif()
    inner = block.get_ifd(_EXIF_DIRECTORY)
    block[_SOFTWARE] = SOFTWARE
    inner[_COLOUR_SPACE] = _SRGB if is_srgb else _UNCALIBRATED
    if kept.resolution:
        block[_X_RESOLUTION], block[_Y_RESOLUTION] = kept.resolution
        block[_UNIT] = _INCH
    if kept.date:
        block[_DATE] = inner[_DATE_TAKEN] = kept.date
    # As bytes, because Pillow would replace characters that are not ASCII by question marks.
    for tag, text in ((_ARTIST, kept.artist), (_COPYRIGHT, kept.copyright)):
        if text:
            block[tag] = text.encode()
    return bytes(block.tobytes())


def tiff_options(kept: KeptMetadata) -> dict[str, Any]:
    """The same metadata as options of :func:`tifffile.imwrite`."""
    texts = ((_ARTIST, kept.artist), (_COPYRIGHT, kept.copyright))
    options: dict[str, Any] = {
        "software": SOFTWARE,
        "extratags": [(tag, _ASCII, 0, text.encode() + b"\0", True) for tag, text in texts if text],
    }
    if kept.date:
        options["datetime"] = kept.date
    if kept.resolution:
        options.update(resolution=kept.resolution, resolutionunit="INCH")
    return options
