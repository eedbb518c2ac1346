"""A file's samples as its decoder hands them on: not yet upright, and not yet sRGB."""

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
    """Samples in the file's own colours.

    Attributes:
        colours: (height, width, n), grey, RGB or CMYK for n of 1, 3 or 4; uint8, or float32 in
            [0, 1] where the file has more than 8 bits a sample. Zero is black, or no ink.
        alpha: (height, width), straight, of the same type; None if the file has no transparency.
        profile: the ICC profile of ``colours``.
        notes: what the person should know of how it was read, in sentences.
    """

    colours: Samples
    alpha: Samples | None = None
    profile: bytes | None = None
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()


def as_float(samples: Samples, white: int) -> Samples:
    """Whole numbers from 0 to ``white`` as float32 from 0 to 1."""
    scaled: Samples = np.divide(samples, np.float32(white), dtype=np.float32)
    return scaled


def as_bytes(samples: Samples) -> Samples:
    """Samples as uint8, rounded."""
    if samples.dtype == np.uint8:
        return samples
    return np.asarray(np.rint(samples * np.float32(255)), dtype=np.uint8)


def times_too_large(width: int, height: int, enough: int | None) -> int:
    """By how many times each side can shrink without going below ``enough`` pixels."""
    return max(1, math.isqrt(width * height // enough)) if enough else 1
