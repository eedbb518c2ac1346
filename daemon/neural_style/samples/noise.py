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


def value_noise(random: np.random.Generator, x: Plane, y: Plane, scale: float) -> Plane:
    """Noise in [0, 1] at the positions ``x`` and ``y``; it varies over about ``scale`` pixels."""
    u, v = x / scale, y / scale
    column, row = np.floor(u).astype(int), np.floor(v).astype(int)
    lattice = random.random((int(np.ptp(row)) + 2, int(np.ptp(column)) + 2))
    row, column = row - row.min(), column - column.min()
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
