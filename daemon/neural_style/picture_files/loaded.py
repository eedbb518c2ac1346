"""A picture that was read from a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from neural_style.picture_files.decoded import as_bytes
from neural_style_protocol.pixels import Picture


@dataclass(frozen=True)
class KeptMetadata:
    """The properties of the photo's file that a painted picture keeps.

    Attributes:
        bits: bits of each sample: 8, or 16 if the file has more than 8.
        resolution: dots per inch, (across, down); None if the file does not say.
        date: when the photograph was taken, in EXIF's form; None if the file does not say.
        artist, copyright: None if the file does not say.
        profile: the ICC profile of an RGB file; None for sRGB and other colour models.
    """

    bits: int = 8
    resolution: tuple[float, float] | None = None
    date: str | None = None
    artist: str | None = None
    copyright: str | None = None
    profile: bytes | None = None


NOTHING_KEPT = KeptMetadata()


@dataclass(frozen=True)
class LoadedPicture:
    """A file's pixels as sRGB; ``notes`` are sentences on what was changed to get them."""

    picture: Picture
    notes: tuple[str, ...] = ()
    kept: KeptMetadata = NOTHING_KEPT


def image_of(picture: Picture) -> Image.Image:
    """A picture as an 8-bit Pillow image: L, RGB or RGBA."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[picture.channels]
    data = picture.data
    if picture.dtype == "f32":
        data = as_bytes(np.nan_to_num(np.frombuffer(data, "<f4")).clip(0, 1)).tobytes()
    return Image.frombytes(mode, (picture.width, picture.height), data)
