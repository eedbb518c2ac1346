"""The content image: a lake between mountains, with a low sun and pines on the near shore."""

from __future__ import annotations

import numpy as np

from neural_style.samples.noise import (
    Picture,
    Plane,
    colour,
    corners_of,
    fractal_noise,
    grid,
    mix,
    to_picture,
    value_noise,
    window,
)

SHORE = 0.62
"""The lake's far shore, as a fraction of the height from the top."""

RIDGES = (
    (0.40, 0.30, "8d99b8"),
    (0.49, 0.22, "5d6f94"),
    (0.56, 0.13, "3a4a63"),
)
"""From far to near: mean height and its variation, as fractions of the picture, and colour."""


def draw_landscape(width: int = 640, height: int = 426, seed: int = 7) -> Picture:
    """Draw the landscape, (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    scene = _sky(random, x, y, width, height)
    for ridge in RIDGES:
        scene = _ridge(random, scene, ridge, x, y)
    scene = _lake(random, scene, x, y)
    scene = _near_shore(random, scene, x, y)
    for _ in range(13):
        _pine(random, scene)
    return to_picture(scene)


def _sky(random: np.random.Generator, x: Plane, y: Plane, width: int, height: int) -> Plane:
    down = (y / (SHORE * height))[..., None]
    sky = mix(colour("3d6fa8"), colour("f6cf9a"), down**1.2)
    distance = np.hypot(x - 0.68 * width, y - 0.33 * height) / height
    sky = mix(sky, colour("fff1c9"), np.exp(-((distance / 0.16) ** 2))[..., None] * 0.8)
    sky = mix(sky, colour("fffbe8"), ((0.052 - distance) * height / 1.5 + 0.5)[..., None])
    clouds = fractal_noise(random, x * 0.45, y * 1.5, height / 4, 6)
    cover = np.clip((clouds - 0.52) * 5, 0, 1)[..., None]
    return mix(sky, colour("fdebdc"), cover * (1 - down) * 0.95)


def _ridge(
    random: np.random.Generator, scene: Plane, ridge: tuple[float, float, str], x: Plane, y: Plane
) -> Plane:
    height, width = x.shape
    mean, variation, code = ridge
    line = x[:1], np.zeros_like(x[:1])
    outline = fractal_noise(random, *line, width / 3.5, 7) - 0.5
    top = (mean - variation * outline * 1.6) * height
    rock = fractal_noise(random, x + 0.6 * y, y * 1.4, height / 7, 5)
    shaded = colour(code) * (0.72 + 0.62 * rock[..., None])
    lit = mix(shaded, colour("ffdcae"), np.clip((rock - 0.56) * 3, 0, 0.5)[..., None])
    snow = np.clip((0.34 * height - y) / (0.05 * height) + (rock - 0.5) * 6, 0, 1)[..., None]
    return mix(scene, mix(lit, colour("f4f2f4"), snow * 0.85), (y - top + 0.5)[..., None])


def _lake(random: np.random.Generator, scene: Plane, x: Plane, y: Plane) -> Plane:
    height, width = x.shape
    shore = SHORE * height
    depth = np.clip((y - shore) / (height - shore), 0, 1)
    waves = value_noise(random, x * 0.35, y * (2.4 - depth), 7.0) - 0.5
    mirrored = np.clip(2 * shore - y + waves * 16 * (0.2 + depth), 0, height - 1).astype(int)
    aside = np.clip(x + waves * 9 * depth, 0, width - 1).astype(int)
    water = mix(scene[mirrored, aside], colour("1f3f5c"), (0.22 + 0.4 * depth)[..., None])
    glints = np.clip((waves - 0.22) * 5, 0, 1) * np.exp(-(((x / width - 0.68) / 0.1) ** 2))
    water = mix(water, colour("ffe9bd"), (glints * 0.8)[..., None])
    return mix(scene, water, (y - shore + 0.5)[..., None])


def _near_shore(random: np.random.Generator, scene: Plane, x: Plane, y: Plane) -> Plane:
    height, width = x.shape
    bumps = fractal_noise(random, x[:1], np.zeros_like(x[:1]), width / 5, 6) - 0.5
    edge = (0.99 - 0.30 * np.clip(0.62 - x[:1] / width, 0, 1) - 0.10 * bumps) * height
    grass = fractal_noise(random, x * 2.2, y * 0.7, 22.0, 5)[..., None]
    ground = mix(colour("2c3a20"), colour("a08c45"), (grass - 0.25) * 1.5)
    return mix(scene, ground, ((y - edge) * 0.8 + 0.5)[..., None])


def _pine(random: np.random.Generator, scene: Plane) -> None:
    """Paint one pine into ``scene``, touching no more of it than the pine needs."""
    height, width = scene.shape[:2]
    foot_x = width * (0.01 + 0.46 * random.random() ** 1.4)
    tall = height * random.uniform(0.22, 0.52) * (1.15 - foot_x / width)
    foot_y = height * (0.84 + 0.16 * foot_x / width + 0.04 * random.random())
    left, right = int(foot_x - 0.25 * tall) - 2, int(foot_x + 0.25 * tall) + 2
    part, x, y = window(scene, left, int(foot_y - tall) - 2, right, int(foot_y + 0.05 * tall) + 2)
    up = (foot_y - y) / tall
    boughs = 0.55 + 0.45 * np.abs(((up * random.uniform(7, 11)) % 1.0) - 0.15)
    ragged = value_noise(random, x, y, 5.0, corners_of(scene)) * 0.5 + 0.7
    reach = tall * 0.2 * np.clip(1 - up, 0, 1) * boughs * ragged
    inside = np.clip(reach - np.abs(x - foot_x), 0, 1) * ((up > 0.06) & (up < 1))
    trunk = np.clip(tall * 0.012 + 0.5 - np.abs(x - foot_x), 0, 1) * ((up > -0.01) & (up < 0.3))
    needles = value_noise(random, x, y, 3.5, corners_of(scene))[..., None]
    light = np.clip((x - foot_x) / (reach + 1e-6), 0, 1)[..., None]
    green = mix(colour("10231b"), colour("47663a"), needles * 0.55 + light * 0.45)
    with_trunk = mix(part, colour("2a1d14"), trunk[..., None])
    part[...] = mix(with_trunk, green, inside[..., None])
