"""The paintings to begin with: all there, unchanged, and free to use."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from neural_style.samples import PAINTINGS, Painting
from neural_style.samples.__main__ import main
from neural_style.samples.paintings import FOLDER

YEARS_OF_PROTECTION = 70
THIS_EDITION = 2026


@pytest.mark.parametrize("painting", PAINTINGS, ids=lambda painting: painting.file)
def test_a_painting_is_a_whole_picture_that_anyone_may_use(painting: Painting) -> None:
    assert hashlib.sha256(painting.path.read_bytes()).hexdigest() == painting.sha256
    with Image.open(painting.path) as image:
        image.load()
        assert image.mode == "RGB"
        assert 700 <= max(image.size) <= 1024
    assert painting.died + YEARS_OF_PROTECTION < THIS_EDITION
    assert painting.shown_as.isascii()


def test_no_other_picture_is_shipped() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {painting.file for painting in PAINTINGS}
    assert len({painting.shown_as for painting in PAINTINGS}) == len(PAINTINGS) == 12


def test_users_get_them_by_their_names(tmp_path: Path) -> None:
    main(tmp_path)
    copies = sorted(path.name for path in tmp_path.glob("*.jpg"))
    assert copies == sorted(painting.shown_as for painting in PAINTINGS)
    assert copies[0] == "Delaunay - Jean Metzinger.jpg"


def test_the_documentation_names_each_with_its_painter() -> None:
    text = (Path(__file__).parents[2] / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for painting in PAINTINGS:
        assert f"| *{painting.title}* | {painting.painter} (died {painting.died}) |" in text
