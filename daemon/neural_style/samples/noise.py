"""Smooth noise and the few operations that all samples are drawn with."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float64]
"""(H, W) or (H, W, 3) values, mostly in [0, 1]."""

Picture: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) sRGB."""


def grid(width: int, height: int) -> tuple[Plane, Plane]:
    """The coordinates x and y of each pixel's centre, each (H, W), in pixels."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64) + 0.5
    return x, y


def window(
    canvas: Plane, left: int, top: int, right: int, bottom: int
) -> tuple[Plane, Plane, Plane]:
    """A part of ``canvas``, to be painted in place, and the coordinates of its pixels in the whole.

    It is cut off at the borders. A small thing takes a small part of the time there: some systems
    are slow to give large arrays their memory.
    """
    left, top = max(left, 0), max(top, 0)
    part = canvas[top : max(bottom, 0), left : max(right, 0)]
    x, y = grid(part.shape[1], part.shape[0])
    return part, x + left, y + top


def corners_of(canvas: Plane) -> tuple[Plane, Plane]:
    """The coordinates x and y of the pixels in the four corners."""
    height, width = canvas.shape[:2]
    x, y = np.array([0.5, width - 0.5]), np.array([0.5, height - 0.5])
    return np.tile(x, 2), np.repeat(y, 2)


def value_noise(
    random: np.random.Generator,
    x: Plane,
    y: Plane,
    scale: float,
    corners: tuple[Plane, Plane] | None = None,
) -> Plane:
    """Noise in [0, 1] at the positions ``x`` and ``y``; it varies over about ``scale`` pixels.

    Args:
        corners: where the corners of the whole picture are, if the positions are a part of it. The
            noise there is then the same as for the whole.
    """
    u, v = x / scale, y / scale
    columns, rows = (np.floor(ends / scale).astype(int) for ends in corners or (x, y))
    lattice = random.random((int(np.ptp(rows)) + 2, int(np.ptp(columns)) + 2))
    column = np.floor(u).astype(int) - columns.min()
    row = np.floor(v).astype(int) - rows.min()
    s, t = _ease(u - np.floor(u)), _ease(v - np.floor(v))
    top = lattice[row, column] * (1 - s) + lattice[row, column + 1] * s
    bottom = lattice[row + 1, column] * (1 - s) + lattice[row + 1, column + 1] * s
    return mix(top, bottom, t)


def fractal_noise(
    random: np.random.Generator, x: Plane, y: Plane, scale: float, octaves: int = 5
) -> Plane:
    """Noise in [0, 1] with details down to ``scale / 2**octaves`` pixels."""
    total, weight, sum_of_weights = np.zeros_like(x), 1.0, 0.0
    for _ in range(octaves):
        total += weight * value_noise(random, x, y, scale)
        sum_of_weights += weight
        scale, weight = scale / 2, weight / 2
    mean: Plane = total / sum_of_weights
    return mean


def mix(below: Plane, above: Plane, amount: Plane | float) -> Plane:
    """Blend ``below`` (``amount`` 0) and ``above`` (``amount`` 1), with clamped amounts."""
    share = np.clip(np.asarray(amount, dtype=np.float64), 0, 1)
    mixed: Plane = below * (1 - share) + above * share
    return mixed


def colour(code: str) -> Plane:
    """The (3,) colour of a hexadecimal code such as ``"f4a261"``."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)])


def palette(*codes: str) -> Plane:
    """The (N, 3) colours of several hexadecimal codes."""
    return np.stack([colour(code) for code in codes])


def to_picture(plane: Plane) -> Picture:
    """The plane, clamped to [0, 1], as 8-bit samples."""
    return np.round(np.clip(plane, 0, 1) * 255).astype(np.uint8)


def _ease(t: Plane) -> Plane:
    eased: Plane = t * t * (3 - 2 * t)
    return eased
