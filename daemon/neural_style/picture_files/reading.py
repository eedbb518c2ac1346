"""Read PNG, JPEG, TIFF and WebP files as the protocol's pixels.

A picture can be read if its pixels are complete, whatever its metadata are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, TypeAlias

import numpy as np
from PIL import Image

from neural_style.picture_files import colours, jpeg, png, tiff, webp
from neural_style.picture_files.decoded import Decoded, Samples, as_bytes, reduction_factor
from neural_style.picture_files.file_bytes import file_bytes
from neural_style.picture_files.kinds import format_of
from neural_style.picture_files.loaded import KeptMetadata, LoadedPicture
from neural_style.picture_files.refusals import damaged
from neural_style_protocol.errors import InputError, NeuralStyleError
from neural_style_protocol.pixels import Picture

Path: TypeAlias = "str | os.PathLike[str]"

ENOUGH_FOR_A_STYLE = 8_000_000
LARGEST_STYLE_SCALE = 3
"""The sides of a style image are reduced to about this many times those of the painted picture."""


class _Decode(Protocol):
    def __call__(self, data: bytes, name: str) -> Decoded: ...


_DECODERS: Mapping[str, _Decode] = MappingProxyType(
    {"PNG": png.decode, "TIFF": tiff.decode, "WEBP": webp.decode}
)


def load(path: Path) -> LoadedPicture:
    """Read ``path``, upright and in sRGB; with alpha if the file has transparency.

    Samples are ``u8``, or ``f32`` if the file has more than 8 bits a sample.

    Raises:
        InputError: missing, not a picture of a supported format, damaged, empty or too large.
    """
    decoded = _decoded(path)
    samples, notes = _srgb(decoded)
    found = decoded.metadata
    kept = KeptMetadata(
        bits=8 if samples.dtype == np.uint8 else 16,
        resolution=_turned_resolution(decoded),
        date=found.date,
        artist=found.artist,
        copyright=found.copyright,
        profile=None if colours.UNFIT in notes else colours.wide_profile(decoded),
    )
    return LoadedPicture(_picture(samples), notes, kept)


def load_style(path: Path, painted_pixels: int | None = None) -> LoadedPicture:
    """Read ``path`` as a style image: as :func:`load`, at 8 bits.

    Args:
        painted_pixels: the number of pixels of the content image. A style image that is much
            larger is scaled down; None keeps its size.

    Raises:
        InputError: as :func:`load`; or the picture is fully transparent.
    """
    min_pixels = None
    if painted_pixels is not None:
        min_pixels = max(ENOUGH_FOR_A_STYLE, LARGEST_STYLE_SCALE**2 * painted_pixels)
    decoded = _decoded(path, min_pixels)
    if decoded.alpha is not None and not decoded.alpha.any():
        raise InputError(
            "{path} is transparent everywhere: it has no style.",
            next_step="Choose a picture in which something can be seen.",
            path=os.fspath(path),
        )
    samples, notes = _srgb(decoded)
    return LoadedPicture(_picture(_reduced(as_bytes(samples), min_pixels)), notes)


def load_mask(path: Path, size: tuple[int, int]) -> LoadedPicture:
    """Read ``path`` as a mask of ``size`` (width, height): white is 255; black or transparent is 0.

    Raises:
        InputError: as :func:`load`.
    """
    decoded = _decoded(path)
    image = colours.image(as_bytes(decoded.colours)).convert("L")
    grey = np.asarray(image)
    if decoded.alpha is not None:
        alpha = as_bytes(decoded.alpha)
        grey = ((grey.astype(np.uint16) * alpha + 127) // 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(_upright(grey, decoded.metadata.orientation)))
    notes = decoded.notes
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
        notes += (f"The mask was scaled to {size[0]} × {size[1]} pixels.",)
    return LoadedPicture(Picture.of(*size, 1, image.tobytes()), notes)


def _decoded(path: Path, min_pixels: int | None = None) -> Decoded:
    name = os.fspath(path)
    data = file_bytes(path)
    kind = format_of(data, name)
    try:
        if kind == "JPEG":
            return jpeg.decode(data, name, min_pixels)
        return _DECODERS[kind](data, name)
    except NeuralStyleError:
        raise
    except MemoryError as error:
        raise InputError(
            "{name} is too large for the memory of this machine.",
            next_step="Scale it down, or close other programs.",
            name=name,
        ) from error
    except Exception as error:  # decoders raise all kinds of exceptions for damaged data
        raise damaged(name) from error


def _srgb(decoded: Decoded) -> tuple[Samples, tuple[str, ...]]:
    """Samples (height, width, 3 or 4), upright, and the notes."""
    samples, notes = colours.to_srgb(decoded)
    if decoded.alpha is not None:
        samples = np.dstack((samples, decoded.alpha))
    return _upright(samples, decoded.metadata.orientation), decoded.notes + notes


def _upright(samples: Samples, orientation: int) -> Samples:
    """``samples`` turned and mirrored by EXIF's orientation number."""
    if orientation in (5, 7):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 6, 7, 8):
        samples = np.rot90(samples, {3: 2, 6: -1, 7: 2, 8: 1}[orientation])
    if orientation in (2, 4):
        samples = np.flip(samples, axis=1 if orientation == 2 else 0)
    return samples


def _turned_resolution(decoded: Decoded) -> tuple[float, float] | None:
    dots = decoded.metadata.resolution
    return dots[::-1] if dots and decoded.metadata.orientation >= 5 else dots


def _reduced(samples: Samples, min_pixels: int | None) -> Samples:
    """``samples`` reduced by an integer factor, so that at least ``min_pixels`` remain."""
    height, width, _ = samples.shape
    factor = reduction_factor(width, height, min_pixels)
    if factor == 1:
        return samples
    return np.asarray(Image.fromarray(np.ascontiguousarray(samples)).reduce(factor))


def _picture(samples: Samples) -> Picture:
    height, width, channels = samples.shape
    dtype = "u8" if samples.dtype == np.uint8 else "f32"
    data = samples.astype(np.uint8 if dtype == "u8" else "<f4", copy=False).tobytes()
    return Picture.of(width, height, channels, data, dtype)
