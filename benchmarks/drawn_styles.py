"""Styles drawn for the benchmarks, of kinds that the program's own samples do not have.

An engraving of coins (a photograph of scikit-image), a watercolour of the sample landscape, a woven
kilim, and an abstract composition. Each function returns the same picture at each call.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from neural_style.samples import draw_landscape
from neural_style.samples.noise import (
    Picture,
    Plane,
    colour,
    fractal_noise,
    grid,
    mix,
    palette,
    to_picture,
    value_noise,
)

LUMA = np.array([0.2126, 0.7152, 0.0722])


def draw_engraving(photograph: Image.Image, width: int = 640, seed: int = 19) -> Picture:
    """Burin lines in black ink on cream paper, thicker where ``photograph`` is darker.

    The lines bend over the forms; a second and third set cross them in the shadows.
    """
    random = np.random.default_rng(seed)
    height = round(width * photograph.height / photograph.width)
    grey = photograph.convert("L").resize((width, height), Image.Resampling.LANCZOS)
    light = np.asarray(grey) / 255
    low, high = np.percentile(light, (3, 97))
    tone = np.clip((light - low) / (high - low), 0, 1) ** 0.8
    relief = _blurred(tone, 4)
    x, y = grid(width, height)
    bend = fractal_noise(random, x, y, 160.0, 3) * 40
    ink = np.zeros_like(x)
    for degrees, pitch, darker_than in ((-18, 7.5, 1.0), (34, 7.5, 0.52), (78, 8.0, 0.24)):
        turn = np.radians(degrees)
        across = x * np.sin(turn) + y * np.cos(turn) + bend + 15 * relief
        from_line = np.abs(across / pitch % 1.0 - 0.5) * pitch
        shadow = np.clip((darker_than - tone) / darker_than, 0, 1)
        swell = 0.25 + 0.38 * pitch * shadow + 0.2 * (value_noise(random, x, y, 4.0) - 0.5)
        ink = np.maximum(ink, np.clip(swell - from_line + 0.5, 0, 1) * (shadow > 0.08))
    paper = colour("f3ead6") * (0.95 + 0.07 * fractal_noise(random, x, y, 24.0, 5)[..., None])
    return to_picture(mix(paper, colour("17130f"), (0.94 * ink)[..., None]))


def draw_watercolour(width: int = 640, height: int = 426, seed: int = 23) -> Picture:
    """Transparent washes with dark rims, granulation and white gaps, of a lake under a low sun."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    scene = draw_landscape(width, height).astype(np.float64) / 255
    drift = [(fractal_noise(random, x, y, 26.0, 4) - 0.5) * 16 for _ in range(2)]
    scene = scene[
        np.clip(y + drift[0], 0, height - 1).astype(int),
        np.clip(x + drift[1], 0, width - 1).astype(int),
    ]
    tone = _blurred(scene @ LUMA, 2)
    fibre = fractal_noise(random, x, y, 6.0, 3)
    paper = colour("fbf7ee") * (0.96 + 0.06 * fibre[..., None])
    wet = np.stack([_blurred(scene[..., i], 6) for i in range(3)], -1)
    vivid = np.clip(wet.mean(-1, keepdims=True) + (wet - wet.mean(-1, keepdims=True)) * 1.9, 0, 1)
    painted = paper * (0.35 + 0.65 * vivid)
    bleed = (fractal_noise(random, x, y, 70.0, 5) - 0.5) * 0.16
    for level in (0.8, 0.62, 0.45, 0.3, 0.17):
        inside = (level - tone + bleed) * 26
        wash = np.clip(inside, 0, 1)
        rim = np.exp(-((inside - 0.5) ** 2) / 0.5)
        pigment = (0.30 * wash * (0.6 + 0.8 * fibre) + 0.20 * rim)[..., None]
        painted = painted * (1 - pigment * (1 - 0.75 * vivid))
    bloom = fractal_noise(random, x, y, 120.0, 6)
    painted = mix(painted, paper, (np.clip((bloom - 0.6) * 4, 0, 0.45))[..., None])
    dry = np.clip((fibre - 0.55) * 5, 0, 1) * np.clip((tone - 0.55) * 4, 0, 1)
    border = np.minimum(np.minimum(x, width - x), np.minimum(y, height - y))
    ragged = np.clip((border - 9 - 10 * fractal_noise(random, x, y, 22.0, 4)) / 2, 0, 1)
    return to_picture(mix(paper, painted, (ragged * (1 - 0.5 * dry))[..., None]))


def draw_kilim(width: int = 640, height: int = 480, seed: int = 29) -> Picture:
    """A flat-woven rug: stepped diamonds and hooks in bands, every weft thread visible."""
    random = np.random.default_rng(seed)
    across, along = 7, 8
    x, y = grid(width, height)
    sway = (fractal_noise(random, x, y, 90.0, 3) - 0.5) * 12
    column = np.floor((x + sway) / across).astype(int)
    row = np.floor((y + sway * 0.6) / along).astype(int)
    wools = palette("8c1c13", "e8d9b5", "1f3a5f", "d98e32", "2f5d50", "3a2418", "c4554d")
    period = 40
    u = np.abs((column + 400) % period - period // 2)
    v = np.abs((row + 400) % 32 - 16)
    step = (u // 2 + v) // 3
    hooks = ((u // 3 + v // 2) % 4 == 0) & (step > 5)
    diamond = np.array([1, 5, 3, 0, 2, 1, 0, 4, 6, 0])[np.clip(step, 0, 9)]
    shade = np.where(hooks, 1, diamond)
    band = (row + 400) % 32
    shade = np.where(band < 3, np.array([5, 3, 5])[np.clip(band, 0, 2)], shade)
    shade = np.where((band < 2) & ((column // 2) % 2 == 0), 1, shade)
    dyed = random.uniform(0.82, 1.12, (4096,))[(row * 7 + column // 60 * 131) % 4096]
    cloth = wools[shade] * dyed[..., None]
    thread_x = (x + sway) / across % 1.0 - 0.5
    thread_y = (y + sway * 0.6) / along % 1.0 - 0.5
    over = (column + row) % 2 == 0
    bulge = np.where(over, 1 - 2.6 * thread_y**2, 1 - 2.6 * thread_x**2)
    gap = np.clip((0.5 - np.maximum(np.abs(thread_x), np.abs(thread_y))) * 9 + 0.35, 0, 1)
    fuzz = 0.9 + 0.2 * value_noise(random, x + y * 2, y - x, 2.6)
    return to_picture(cloth * (0.55 + 0.45 * bulge * gap)[..., None] * fuzz[..., None])


def draw_abstract(width: int = 640, height: int = 480, seed: int = 31) -> Picture:
    """Overlapping translucent discs, wedges, grids and black lines on a brushed pale ground."""
    random = np.random.default_rng(seed)
    x, y = grid(width, height)
    tones = palette("d7263d", "f46036", "2e294e", "1b998b", "c5d86d", "f2c14e", "5fa8d3", "1a1a1d")
    brushed = value_noise(random, x * 0.25 + y * 0.1, y, 2.6) * 0.5 + fractal_noise(
        random, x, y, 90.0, 4
    )
    canvas = colour("ece2cd") * (0.86 + 0.16 * brushed[..., None])

    def paint(inside: Plane, tone: Plane, amount: float) -> None:
        nonlocal canvas
        cover = np.clip(inside + 0.5, 0, 1) * amount
        worn = 0.88 + 0.2 * (brushed - 0.7)
        canvas = mix(canvas, tone * worn[..., None], cover[..., None])

    for number in range(34):
        centre = random.uniform(0, width), random.uniform(0, height)
        size, turn = height * random.uniform(0.04, 0.2), random.uniform(0, np.pi)
        right = (x - centre[0]) * np.cos(turn) + (y - centre[1]) * np.sin(turn)
        down = (y - centre[1]) * np.cos(turn) - (x - centre[0]) * np.sin(turn)
        tone = tones[random.integers(len(tones))]
        away = np.hypot(right, down)
        kind = number % 5
        if kind == 0:
            paint(size - away, tone, 0.85)
            paint(size * 0.62 - away, tones[random.integers(len(tones))], 0.9)
            paint(size * 0.25 - away, tones[random.integers(len(tones))], 0.95)
        elif kind == 1:
            wedge = np.minimum(1.6 * size - right, right * 0.35 - np.abs(down))
            paint(wedge, tone, 0.75)
        elif kind == 2:
            paint(np.minimum(size - np.abs(right), size * 0.5 - np.abs(down)), tone, 0.8)
            cells = (np.floor(right / 11) + np.floor(down / 11)) % 2 == 0
            inner = np.minimum(size - 5 - np.abs(right), size * 0.5 - 5 - np.abs(down))
            paint(np.where(cells, inner, -1.0), colour("ece2cd"), 0.9)
        elif kind == 3:
            paint(2.2 - np.abs(away - size), colour("1a1a1d"), 0.95)
        else:
            curve = down - 0.0025 * right**2
            paint(np.minimum(2.0 - np.abs(curve), 2.5 * size - np.abs(right)), tones[-1], 0.95)
    return to_picture(canvas)


def _blurred(plane: Plane, radius: int) -> Plane:
    """The mean over a square of ``2 radius + 1`` pixels, twice."""
    for _ in range(2):
        for axis in (0, 1):
            around = [(radius + 1, radius) if one == axis else (0, 0) for one in (0, 1)]
            sums = np.cumsum(np.pad(plane, around, mode="edge"), axis)
            size = 2 * radius + 1
            ahead = np.take(sums, np.arange(size, sums.shape[axis]), axis)
            plane = (ahead - np.take(sums, np.arange(sums.shape[axis] - size), axis)) / size
    return plane
