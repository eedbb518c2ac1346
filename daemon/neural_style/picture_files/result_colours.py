"""Convert the painted picture from sRGB to the photo's colour profile."""

from __future__ import annotations

from dataclasses import dataclass, field

import imagecodecs
import numpy as np
from PIL import ImageCms

from neural_style.picture_files.decoded import Samples

HOLDS_LESS = "The photo's colour profile holds fewer colours than sRGB: the result is in sRGB."
UNWRITABLE = "Nothing can be converted into the photo's colour profile: the result is in sRGB."

_CHUNK_PIXELS = 1 << 20
"""Pixels that are converted at a time."""

_TOLERANCE = 3 / 255
"""The largest error of a colour that is converted to a profile and back."""

_FAILURES = (imagecodecs.CmsError, ValueError, TypeError, RuntimeError)


@dataclass(frozen=True)
class ResultColours:
    """Colours (height, width, 3) in ``profile``, of the dtype that they had."""

    colours: Samples
    profile: bytes
    notes: tuple[str, ...] = ()
    is_srgb: bool = field(default=True, kw_only=True)


def in_profile(colours: Samples, profile: bytes | None) -> ResultColours:
    """Convert sRGB samples (uint8, or float32 in [0, 1]) to ``profile``; None stands for sRGB.

    If the profile does not cover all of sRGB, the samples are returned unchanged.
    """
    if profile is None:
        return ResultColours(colours, srgb_profile())
    problem = _problem(profile)
    if problem:
        return ResultColours(colours, srgb_profile(), (problem,))
    return ResultColours(_converted(colours, profile), profile, is_srgb=False)


def srgb_profile() -> bytes:
    """A small sRGB profile that is always the same; Little CMS would write the time into it."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes((7, 233, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # 1 January 2025
    made[84:100] = bytes(16)  # no checksum
    return bytes(made)


def _problem(profile: bytes) -> str | None:
    steps = np.linspace(0, 1, 9, dtype=np.float32)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    srgb = srgb_profile()
    try:
        converted = _transformed(colours, srgb, profile).clip(0, 1)
        restored = _transformed(converted, profile, srgb).clip(0, 1)
    except _FAILURES:
        return UNWRITABLE
    return HOLDS_LESS if float(np.abs(restored - colours).max()) > _TOLERANCE else None


def _converted(colours: Samples, profile: bytes) -> Samples:
    converted = np.empty_like(colours)
    srgb = srgb_profile()
    rows = max(1, _CHUNK_PIXELS // colours.shape[1])
    for top in range(0, colours.shape[0], rows):
        chunk = colours[top : top + rows]
        is_bytes = chunk.dtype == np.uint8
        given = chunk / np.float32(255) if is_bytes else chunk
        found = _transformed(given, srgb, profile).clip(0, 1)
        converted[top : top + rows] = np.rint(found * 255) if is_bytes else found
    return converted


def _transformed(colours: Samples, source: bytes, target: bytes) -> Samples:
    found: Samples = imagecodecs.cms_transform(
        np.ascontiguousarray(colours, dtype=np.float32),
        source,
        target,
        colorspace="rgb",
        outcolorspace="rgb",
        outdtype=np.float32,
    )
    return found
