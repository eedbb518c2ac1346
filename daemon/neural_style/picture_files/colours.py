"""Convert the colours of a file to sRGB, by its profile if it has a suitable one."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from neural_style.picture_files.decoded import Decoded, Samples

_SPACES = {1: "gray", 3: "rgb", 4: "cmyk"}
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_CHUNK_PIXELS = 1 << 20
"""Pixels that are converted at a time."""

UNFIT = "Its colour profile is damaged or does not fit, and was left out."
_FAILURES = (imagecodecs.CmsError, ValueError, TypeError, RuntimeError)


def to_srgb(decoded: Decoded) -> tuple[Samples, tuple[str, ...]]:
    """Colours (height, width, 3) in sRGB, of the dtype they have, and notes (sentences)."""
    is_cmyk = decoded.colours.shape[2] == 4
    profile = decoded.profile
    if profile:
        converted = _by_profile(decoded.colours, profile)
        if converted is not None:
            return converted, (("The CMYK picture was converted to sRGB.",) if is_cmyk else ())
    notes: tuple[str, ...] = (UNFIT,) if profile else ()
    if is_cmyk:
        notes += ("The CMYK picture was converted to sRGB, without a profile.",)
    return _without_profile(decoded.colours), notes


def wide_profile(decoded: Decoded) -> bytes | None:
    """The profile of an RGB picture, unless it is broken or equals sRGB."""
    profile = decoded.profile
    if not profile or decoded.colours.shape[2] != 3 or _is_srgb(profile):
        return None
    return profile


def _by_profile(colours: Samples, profile: bytes) -> Samples | None:
    """The colours in sRGB; None if the profile is damaged or unsuitable."""
    if colours.dtype == np.uint8:
        return _convert_bytes(colours, profile)
    if colours.shape[2] == 3 and _is_srgb(profile):
        return colours
    return _convert_floats(colours, profile)


def _convert_bytes(colours: Samples, profile: bytes) -> Samples | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image(colours), source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if converted is None else np.asarray(converted)


def _convert_floats(colours: Samples, profile: bytes) -> Samples | None:
    convert = _conversion(profile, colours.shape[2])
    converted = np.empty((*colours.shape[:2], 3), np.float32)
    rows = max(1, _CHUNK_PIXELS // colours.shape[1])

    def fill(top: int) -> None:
        converted[top : top + rows] = convert(colours[top : top + rows])

    try:
        # Little CMS takes 0.25 s for a megapixel of floats on one core.
        with ThreadPoolExecutor() as pool:
            for _ in pool.map(fill, range(0, colours.shape[0], rows)):
                pass
    except _FAILURES:
        return None
    return np.clip(np.nan_to_num(converted, copy=False), 0, 1, out=converted)


def _conversion(profile: bytes, channels: int) -> Callable[[Samples], Samples]:
    """A function from float samples (height, width, ``channels``) to float sRGB.

    Its results may be out of range.
    """
    srgb = imagecodecs.cms_profile("srgb")

    def convert(chunk: Samples) -> Samples:
        # In Little CMS float ink is in per cent; integer ink has the same range as other colours.
        given = np.rint(chunk * 65535).astype(np.uint16) if channels == 4 else chunk
        given = np.ascontiguousarray(given[..., 0] if channels == 1 else given)
        found: Samples = imagecodecs.cms_transform(
            given,
            profile,
            srgb,
            colorspace=_SPACES[channels],
            outcolorspace="rgb",
            outdtype=np.float32,
        )
        return found.reshape(*chunk.shape[:2], 3)

    return convert


def _is_srgb(profile: bytes) -> bool:
    """Whether converting by ``profile`` changes no colour by more than half an 8-bit step."""
    steps = np.linspace(0, 1, 9, dtype=np.float32)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    converted = _convert_floats(colours, profile)
    return converted is not None and float(np.abs(converted - colours).max()) < 0.5 / 255


def _without_profile(colours: Samples) -> Samples:
    """sRGB from colours without a profile; CMYK inks are taken as filters that multiply."""
    channels = colours.shape[2]
    if channels == 3:
        return colours
    if channels == 1:
        return np.repeat(colours, 3, axis=2)
    if colours.dtype == np.uint8:
        return np.asarray(image(colours).convert("RGB"))
    return np.asarray((1 - colours[..., :3]) * (1 - colours[..., 3:]), dtype=np.float32)


def image(colours: Samples) -> Image.Image:
    """uint8 samples (height, width, channels) as a Pillow image: L, RGB or CMYK."""
    height, width, channels = colours.shape
    mode = _MODES[channels]
    return Image.frombuffer(mode, (width, height), np.ascontiguousarray(colours), "raw", mode, 0, 1)
