"""Encode samples as the bytes of a PNG, JPEG, TIFF or WebP file."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from neural_style.picture_files import tags
from neural_style.picture_files.decoded import Samples
from neural_style.picture_files.loaded import KeptMetadata

_QUALITY = 95
_INCHES_IN_A_METRE = 1 / 0.0254


@dataclass(frozen=True)
class Encodable:
    """The content of a file.

    Attributes:
        samples: (height, width, 3 or 4), RGB and straight alpha, uint8 or uint16.
        profile: the ICC profile of the colours.
        is_srgb: whether ``profile`` is sRGB.
        kept: the photo's metadata.
    """

    samples: Samples
    profile: bytes
    is_srgb: bool
    kept: KeptMetadata

    @property
    def exif(self) -> bytes:
        return tags.exif(self.kept, is_srgb=self.is_srgb)


def _png(given: Encodable) -> bytes:
    encoded = bytes(imagecodecs.png_encode(given.samples, level=6))
    chunks = _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(given.profile, 9))
    if given.kept.resolution:
        dots = (round(value * _INCHES_IN_A_METRE) for value in given.kept.resolution)
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *dots, 1))
    chunks += _chunk(b"eXIf", given.exif.removeprefix(b"Exif\0\0"))
    header_end = 33  # the signature and IHDR
    return b"".join((encoded[:header_end], chunks, memoryview(encoded)[header_end:]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _jpeg(given: Encodable) -> bytes:
    options: dict[str, object] = {"quality": _QUALITY, "subsampling": 0, "optimize": True}
    if given.kept.resolution:
        options["dpi"] = given.kept.resolution
    return _by_pillow("JPEG", given, options)


def _webp(given: Encodable) -> bytes:
    return _by_pillow("WEBP", given, {"quality": _QUALITY, "method": 4})


def _by_pillow(kind: str, given: Encodable, options: Mapping[str, object]) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(given.samples)
    image.save(file, kind, exif=given.exif, icc_profile=given.profile, **options)
    return file.getvalue()


def _tiff(given: Encodable) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        given.samples,
        photometric="rgb",
        planarconfig="contig",
        extrasamples=["unassalpha"] if given.samples.shape[2] == 4 else None,
        compression="zlib",
        predictor=True,
        metadata=None,
        iccprofile=given.profile,
        **tags.tiff_options(given.kept),
    )
    return file.getvalue()


ENCODERS: Mapping[str, Callable[[Encodable], bytes]] = MappingProxyType(
    {"PNG": _png, "JPEG": _jpeg, "TIFF": _tiff, "WEBP": _webp}
)
SIXTEEN_BIT_FORMATS = frozenset({"PNG", "TIFF"})
"""Formats that can store 16 bits a sample."""

OPAQUE_FORMATS = frozenset({"JPEG"})
"""Formats without transparency."""


def as_integers(samples: Samples, *, sixteen_bits: bool) -> Samples:
    """Samples (uint8, or float32 in [0, 1]) as uint8; float32 as uint16 if ``sixteen_bits``."""
    if samples.dtype == np.uint8:
        return samples
    white, kind = (65535, np.uint16) if sixteen_bits else (255, np.uint8)
    scaled = np.clip(np.nan_to_num(samples), 0, 1) * np.float32(white)
    return np.asarray(np.rint(scaled), dtype=kind)
