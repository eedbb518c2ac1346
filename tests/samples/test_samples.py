"""The pictures that the program draws itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_style.samples import STYLES, draw_landscape
from neural_style.samples.__main__ import main
from neural_style.samples.noise import Picture, corners_of, grid, value_noise, window
from neural_style.samples.styles import draw_mosaic


@pytest.fixture(scope="module")
def styles() -> dict[str, Picture]:
    """Every style, drawn once."""
    return {name: draw() for name, draw in STYLES.items()}


def detail(picture: Picture) -> float:
    """Mean difference between neighbours, in levels of 255: what a Gram matrix can see."""
    levels = picture.astype(float)
    return float(np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean())


@pytest.mark.parametrize("name", STYLES)
def test_a_style_has_colour_and_texture(styles: dict[str, Picture], name: str) -> None:
    picture = styles[name]
    assert (picture.shape, picture.dtype) == ((480, 640, 3), np.uint8)
    assert np.ptp(picture.mean(axis=2)) > 150
    assert detail(picture) > 4


def test_styles_differ(styles: dict[str, Picture]) -> None:
    means = np.array([picture.reshape(-1, 3).mean(axis=0) for picture in styles.values()])
    apart = np.abs(means[:, None] - means[None]).sum(axis=2) + 1e3 * np.eye(len(means))
    assert apart.min() > 10


def test_a_landscape_is_lighter_above_its_shore_than_below() -> None:
    picture = draw_landscape(320, 200)
    assert picture.shape == (200, 320, 3)
    assert picture[:80].mean() > picture[150:].mean() + 10


def test_the_same_seed_draws_the_same_picture() -> None:
    small = {"width": 96, "height": 64}
    assert np.array_equal(draw_mosaic(**small, seed=1), draw_mosaic(**small, seed=1))
    assert not np.array_equal(draw_mosaic(**small, seed=1), draw_mosaic(**small, seed=2))


def test_a_part_of_a_picture_has_the_noise_of_the_whole() -> None:
    canvas = np.zeros((50, 40, 3))
    whole = value_noise(np.random.default_rng(1), *grid(40, 50), 6.0)
    part, x, y = window(canvas, -3, 20, 12, 70)
    noise = value_noise(np.random.default_rng(1), x, y, 6.0, corners_of(canvas))
    assert part.shape == (30, 12, 3)
    assert np.shares_memory(part, canvas)
    assert np.array_equal(noise, whole[20:, :12])


def test_all_of_them_are_written(tmp_path: Path) -> None:
    main(tmp_path / "new")
    written = {}
    for path in (tmp_path / "new").glob("*.png"):
        with Image.open(path) as image:
            written[path.stem] = image.size
    assert written == {"landscape": (640, 426), **dict.fromkeys(STYLES, (640, 480))}
