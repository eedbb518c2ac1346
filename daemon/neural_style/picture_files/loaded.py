"""A picture as it was read from a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from neural_style.picture_files.decoded import as_bytes
from neural_style_protocol.pixels import Picture


@dataclass(frozen=True)
class Kept:
    """What a painted picture takes over from the file of its photograph.

    Attributes:
        bits: of each sample in the file: 8, or 16 where it has more than 8.
        resolution: dots per inch, (across, down); None if the file does not say.
        date: when the photograph was taken, as EXIF writes it; None if the file does not say.
        artist, copyright: None if the file does not say.
        profile: the ICC profile of an RGB file; None for sRGB, and for other kinds of colours.
    """

    bits: int = 8
    resolution: tuple[float, float] | None = None
    date: str | None = None
    artist: str | None = None
    copyright: str | None = None
    profile: bytes | None = None


NOTHING_KEPT = Kept()


@dataclass(frozen=True)
class LoadedPicture:
    """A file's pixels as sRGB, and what had to be done to get them, in sentences."""

    picture: Picture
    notes: tuple[str, ...] = ()
    kept: Kept = NOTHING_KEPT


def image_of(picture: Picture) -> Image.Image:
    """Pillow's image of a picture, at 8 bits: L, RGB or RGBA."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[picture.channels]
    data = picture.data
    if picture.dtype == "f32":
        data = as_bytes(np.nan_to_num(np.frombuffer(data, "<f4")).clip(0, 1)).tobytes()
    return Image.frombytes(mode, (picture.width, picture.height), data)
