"""Each picture of a batch has a file of its own, whatever else is in the folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest

from neural_style.batch.names import Pair, names_of, same_name


def named(*pairs: tuple[str, str], taken: Sequence[str] = ()) -> list[str]:
    made = [Pair(Path(content), Path(style)) for content, style in pairs]
    return names_of(made, lambda name, pair: name in taken)


def test_a_picture_is_called_after_both() -> None:
    assert named(("a/photo.jpg", "b/wave.png"), ("x.TIF", "b/wave.png")) == [
        "photo-wave.jpg",
        "x-wave.TIF",
    ]


def test_what_cannot_be_written_becomes_a_png() -> None:
    assert named(("a/photo.bmp", "wave.png"), ("photo", "oak.png")) == [
        "photo-wave.png",
        "photo-oak.png",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a/1.png", "s.png"), ("b/1.png", "s.png")),
        (("a/1.png", "s.png"), ("a/1.PNG", "s.png")),
        (("a/Bild.png", "s.png"), ("a/bild.png", "s.png")),
        (("a/1.png", "x/s.png"), ("a/1.png", "y/s.png")),
        (("a/1.bmp", "s.png"), ("a/1.png", "s.png")),
        (("a-b.png", "c.png"), ("a.png", "b-c.png")),
        (("straße.png", "s.png"), ("STRASSE.png", "s.png")),
        (("é.png", "s.png"), (unicodedata.normalize("NFD", "é.png"), "s.png")),
    ],
)
def test_two_with_the_same_name_are_told_apart(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """On file systems too that know no case; and each has its name in whatever order."""
    names = named(one, other)
    assert len({same_name(name) for name in names}) == 2
    assert named(other, one) == names[::-1]


def test_a_name_that_is_another_pictures_is_left_alone() -> None:
    (name,) = named(("a/1.png", "s.png"), taken=["1-s.png"])
    assert (name != "1-s.png", name.startswith("1-s-"), name.endswith(".png")) == (True,) * 3


def test_long_names_are_cut_and_stay_apart() -> None:
    long = "ä" * 120
    names = named((f"{long}1.png", f"{long}.png"), (f"{long}2.png", f"{long}.png"))
    assert len(set(names)) == 2
    assert all(len(f"{name}.json".encode()) <= 255 for name in names)


def test_a_name_that_is_no_text() -> None:
    raw = b"photo\xff.png".decode(errors="surrogateescape")
    (name,) = named((raw, "s.png"))
    assert name == raw.replace(".png", "-s.png")
