"""The samples from a file's decoder: not yet upright, and not yet sRGB."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neural_style.picture_files.metadata import Metadata

Samples: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Decoded:
    """Samples in the file's colour space.

    Attributes:
        colours: (height, width, n), grey, RGB or CMYK for n of 1, 3 or 4; uint8, or float32 in
            [0, 1] if the file has more than 8 bits a sample. Zero is black, or no ink.
        alpha: (height, width), straight, of the same dtype; None if the file has no transparency.
        profile: the ICC profile of ``colours``.
        notes: sentences for the user about how the file was read.
    """

    colours: Samples
    alpha: Samples | None = None
    profile: bytes | None = None
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()


def as_float(samples: Samples, white: int) -> Samples:
    """Integers in [0, ``white``] as float32 in [0, 1]."""
    scaled: Samples = np.divide(samples, np.float32(white), dtype=np.float32)
    return scaled


def as_bytes(samples: Samples) -> Samples:
    """Samples (uint8, or float in [0, 1]) as uint8, rounded."""
    if samples.dtype == np.uint8:
        return samples
    return np.asarray(np.rint(samples * np.float32(255)), dtype=np.uint8)


def reduction_factor(width: int, height: int, min_pixels: int | None) -> int:
    """The largest integer by which both sides can be divided so that ``min_pixels`` remain."""
    return max(1, math.isqrt(width * height // min_pixels)) if min_pixels else 1
