"""The styles: a mosaic, brush strokes, cross-hatching, an ink wash and cut gouache paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neural_style.samples.noise import (
    Picture,
    Plane,
    colour,
    corners_of,
    fractal_noise,
    grid,
    mix,
    palette,
    to_picture,
    value_noise,
    window,
)

SHADOW = 4
"""How far the shadow of a paper shape reaches, in pixels."""


def draw_mosaic(width: int = 640, height: int = 480, seed: int = 3) -> Picture:
    """Glass tesserae in dark mortar: a sea with swirls, and a sun."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    cell, edge, (seed_x, seed_y) = _voronoi(random, x, y, 13.0)
    swirl = fractal_noise(random, seed_x, seed_y, height / 2, 3)
    bands = (seed_y / height * 4 + swirl * 6) % 1.0
    glass = palette("0b3954", "087e8b", "1fa8a0", "bfd7ea", "f4d35e", "ee964b", "d1495b", "14213d")
    tone = glass[(bands * len(glass)).astype(int)]
    sun = np.hypot(seed_x - 0.3 * width, seed_y - 0.36 * height) / height
    tone = np.where((sun < 0.2)[..., None], glass[4 + (sun * 30).astype(int) % 2], tone)
    tone = tone * (0.72 + 0.5 * random.random(4096)[cell % 4096])[..., None]
    glaze = value_noise(random, x, y, 5.0)[..., None]
    tile = mix(tone, colour("fffbe6"), np.clip(glaze - 0.72, 0, 1) * 1.6)
    return to_picture(mix(colour("1b1720"), tile, ((edge - 1.1) * 0.9)[..., None]))


def draw_strokes(width: int = 640, height: int = 480, seed: int = 5) -> Picture:
    """Thick brush strokes that follow a turbulent sky, in blues and yellows."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    field = fractal_noise(random, x, y, height / 1.7, 3)
    along_y, along_x = np.gradient(field)
    angle = np.arctan2(-along_x, along_y)
    tones = palette("0c1b4d", "17408b", "2f6fb5", "6fa8d6", "d8e2c8", "f2c230", "f7e08a", "0a122f")
    canvas = np.broadcast_to(colour("13235b"), (height, width, 3)).copy()
    for length, thickness, count in ((46, 8, 900), (30, 5, 2200), (17, 3, 3600)):
        for _ in range(count):
            centre = random.random() * width, random.random() * height
            row, column = int(centre[1]), int(centre[0])
            step = field[row, column] * 11 + random.normal(0, 0.45)
            tone = tones[int(step) % len(tones)] * random.uniform(0.82, 1.14)
            turn = angle[row, column] + random.normal(0, 0.16)
            _stroke(random, canvas, centre, turn, (length, thickness), tone)
    return to_picture(canvas)


def draw_hatching(width: int = 640, height: int = 480, seed: int = 11) -> Picture:
    """Pen and sepia ink: up to four layers of lines, more where it is darker."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    folds = fractal_noise(random, x, y, height / 1.8, 4)
    shade = np.clip(0.5 + 0.5 * np.sin(folds * 19), 0, 1)
    paper = colour("f1e6cf") * (0.94 + 0.1 * fractal_noise(random, x, y, 30.0, 5)[..., None])
    ink = np.zeros_like(x)
    wobble = fractal_noise(random, x, y, 60.0, 3) * 14
    for degrees, threshold in ((38, 0.22), (-42, 0.42), (4, 0.6), (82, 0.78)):
        turn = np.radians(degrees)
        across = x * np.sin(turn) + y * np.cos(turn) + wobble
        line = np.abs((across / 5.2) % 1.0 - 0.5) * 5.2
        pressure = 0.35 + 1.0 * np.clip((shade - threshold) * 2.2, 0, 1)
        broken = value_noise(random, x + 3 * y, y, 9.0) > 0.16
        ink = np.maximum(ink, np.clip(pressure - line + 0.5, 0, 1) * (shade > threshold) * broken)
    return to_picture(mix(paper, colour("35211a"), (ink * 0.92)[..., None]))


def draw_ink(width: int = 640, height: int = 480, seed: int = 13) -> Picture:
    """An ink wash on rough paper: pooled edges, dry brush, and a little vermilion."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    drift_x = fractal_noise(random, x, y, height / 2.5, 4) * 150
    drift_y = fractal_noise(random, x, y, height / 2.5, 4) * 150
    fibre = fractal_noise(random, x, y * 1.6, 7.0, 3)
    canvas = colour("f3efe4") * (0.95 + 0.08 * fibre[..., None])
    washes = (("6d7a80", 0.50, 0.45), ("37424c", 0.57, 0.6), ("11151c", 0.64, 0.85))
    for code, level, strength in washes:
        wash = fractal_noise(random, x + drift_x, y + drift_y, height / 2.2, 5)
        inside = np.clip((wash - level) * 26 + (fibre - 0.5) * 2.4, 0, 1)
        pooled = np.exp(-(((wash - level) / 0.012) ** 2)) * 0.5
        amount = inside * strength * (0.55 + 0.6 * fibre) + pooled * strength
        canvas = mix(canvas, colour(code), amount[..., None])
    accent = fractal_noise(random, x + drift_y, y + drift_x, height / 3, 4)
    red = np.clip((accent - 0.66) * 30, 0, 1) * (0.5 + 0.5 * fibre)
    return to_picture(mix(canvas, colour("c1361f"), red[..., None]))


def draw_gouache(width: int = 640, height: int = 480, seed: int = 17) -> Picture:
    """Flat, overlapping shapes of cut and painted paper, in warm and cool colours."""
    random = np.random.default_rng(seed)
    tones = palette("e63946", "f1faee", "a8dadc", "457b9d", "1d3557", "f4a261", "2a9d8f", "e9c46a")
    canvas = np.broadcast_to(colour("efe3cf"), (height, width, 3)).copy()
    for number in range(46):
        centre = random.random() * width, random.random() * height
        radius = height * random.uniform(0.05, 0.24)
        _shape(random, canvas, centre, radius, tones[number % len(tones)])
    return to_picture(canvas)


STYLES: Mapping[str, Callable[[], Picture]] = {
    "mosaic": draw_mosaic,
    "strokes": draw_strokes,
    "hatching": draw_hatching,
    "ink": draw_ink,
    "gouache": draw_gouache,
}
"""The functions that draw the styles, by name; by default each picture is 640 × 480."""


def _voronoi(
    random: np.random.Generator, x: Plane, y: Plane, size: float
) -> tuple[np.ndarray, Plane, tuple[Plane, Plane]]:
    """For each pixel, the nearest point of a jittered grid: its number, about how many pixels the
    border to the next point's cell is away, and its coordinates."""
    rows, columns = int(y.max() // size) + 3, int(x.max() // size) + 3
    jitter = random.uniform(0.12, 0.88, (2, rows, columns))
    row, column = (y // size).astype(int) + 1, (x // size).astype(int) + 1
    nearest, second = np.full_like(x, np.inf), np.full_like(x, np.inf)
    cell, seed_x, seed_y = np.zeros(x.shape, dtype=int), np.zeros_like(x), np.zeros_like(x)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            r, c = row + down, column + right
            point_x = (c - 1 + jitter[0, r, c]) * size
            point_y = (r - 1 + jitter[1, r, c]) * size
            distance = np.hypot(x - point_x, y - point_y)
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            nearest = np.where(closer, distance, nearest)
            cell = np.where(closer, r * columns + c, cell)
            seed_x = np.where(closer, point_x, seed_x)
            seed_y = np.where(closer, point_y, seed_y)
    return cell, (second - nearest) / 2, (seed_x, seed_y)


def _stroke(
    random: np.random.Generator,
    canvas: Plane,
    centre: tuple[float, float],
    angle: float,
    size: tuple[int, int],
    tone: Plane,
) -> None:
    """Paint one stroke with bristles, of ``size`` (length, thickness) pixels, into ``canvas``."""
    length, thickness = size
    reach = length // 2 + thickness
    left, top = max(int(centre[0]) - reach, 0), max(int(centre[1]) - reach, 0)
    part, x, y = window(canvas, left, top, left + 2 * reach, top + 2 * reach)
    right, down = x - centre[0], y - centre[1]
    along = right * np.cos(angle) + down * np.sin(angle)
    across = -right * np.sin(angle) + down * np.cos(angle) + 0.004 * along**2
    bristles = random.random(2 * thickness + 3)
    bristle = bristles[np.clip(across + thickness, 0, 2 * thickness).astype(int)]
    ends = np.clip((length / 2 - np.abs(along)) / 3 + bristle, 0, 1)
    inside = np.clip(thickness / 2 - np.abs(across) + 0.5, 0, 1) * ends
    shine = 0.82 + 0.3 * bristle - 0.12 * across / thickness
    part[...] = mix(part, tone * shine[..., None], (inside * 0.92)[..., None])


def _shape(
    random: np.random.Generator,
    canvas: Plane,
    centre: tuple[float, float],
    radius: float,
    tone: Plane,
) -> None:
    """Glue one lobed shape with its shadow, about ``radius`` pixels large, onto ``canvas``."""
    lobes, phase = random.integers(3, 9), random.uniform(0, 6.3)
    depth, flat = random.uniform(0.08, 0.5), random.uniform(0.7, 1.3)
    across = round(radius * (1 + depth)) + SHADOW + 2
    down = round((radius * (1 + depth) + SHADOW) / flat) + 2
    column, row = map(int, centre)
    part, x, y = window(canvas, column - across, row - down, column + across, row + down)
    right, below = x - centre[0], y - centre[1]
    outline = radius * (1 + depth * np.sin(lobes * np.arctan2(below, right) + phase))
    inside = outline - np.hypot(right, below * flat)
    far_x, far_y = corners_of(canvas)
    corners = far_x * 0.4 + far_y, far_y * 0.4 - far_x
    brushed = value_noise(random, x * 0.4 + y, y * 0.4 - x, 6.0, corners)[..., None]
    paint = tone * (0.9 + 0.16 * brushed)
    shadow = np.clip(inside + SHADOW, 0, SHADOW + 1) / (SHADOW + 1) * 0.3
    shaded = mix(part, part * 0.55, shadow[..., None])
    part[...] = mix(shaded, paint, (inside + 0.5)[..., None])
