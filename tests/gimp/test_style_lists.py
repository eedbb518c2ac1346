"""The styles that the dialog offers: recent ones, favourites, folders."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY
from neural_style_protocol.paths import Home

Import = Callable[[str], ModuleType]


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Import:
    """Import one of the plug-in's own modules by its name."""
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    return importlib.import_module


def picture(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.touch()
    return path


def test_the_newest_comes_first(plugin: Import, tmp_path: Path) -> None:
    home, recent = Home(tmp_path), plugin("recent_styles")
    first, second = picture(tmp_path / "a.jpg"), picture(tmp_path / "b.jpg")
    for style in (first, second, first):
        recent.remember(home, style)
    assert recent.read(home) == [first, second]


@pytest.mark.parametrize(
    ("module", "keep"), [("recent_styles", "remember"), ("favourite_styles", "star")]
)
def test_missing_files_are_not_offered(
    plugin: Import, tmp_path: Path, module: str, keep: str
) -> None:
    home, lists = Home(tmp_path), plugin(module)
    gone, there = picture(tmp_path / "gone.jpg"), picture(tmp_path / "there.jpg")
    for style in (there, gone):
        getattr(lists, keep)(home, style)
    gone.unlink()
    assert lists.read(home) == [there]


@pytest.mark.parametrize("text", ["", "{", "3", "[1, null]", "null"])
@pytest.mark.parametrize("module", ["recent_styles", "favourite_styles"])
def test_damaged_list_is_empty(plugin: Import, tmp_path: Path, module: str, text: str) -> None:
    name = module.replace("_", "-") + ".json"
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert plugin(module).read(Home(tmp_path)) == []


def test_no_more_than_a_dozen(plugin: Import, tmp_path: Path) -> None:
    recent = plugin("recent_styles")
    for number in range(20):
        recent.remember(Home(tmp_path), picture(tmp_path / f"{number}.jpg"))
    assert [path.stem for path in recent.read(Home(tmp_path))] == [
        str(number) for number in range(19, 7, -1)
    ]


def test_a_star_is_added_and_removed(plugin: Import, tmp_path: Path) -> None:
    home, favourites = Home(tmp_path), plugin("favourite_styles")
    one, two = picture(tmp_path / "one.jpg"), picture(tmp_path / "two.jpg")
    for style in (one, two, one):
        favourites.star(home, style)
    assert favourites.read(home) == [one, two]
    favourites.unstar(home, one)
    favourites.unstar(home, one)
    assert favourites.read(home) == [two]


def test_a_favourite_on_an_unmounted_disk_is_kept(plugin: Import, tmp_path: Path) -> None:
    home, favourites = Home(tmp_path), plugin("favourite_styles")
    away, other = picture(tmp_path / "disk" / "away.jpg"), picture(tmp_path / "other.jpg")
    favourites.star(home, away)
    away.unlink()
    favourites.star(home, other)
    picture(away)
    assert favourites.read(home) == [other, away]


def test_a_chosen_style_folder_is_shown(plugin: Import, tmp_path: Path) -> None:
    home, folders = Home(tmp_path), plugin("style_folder")
    assert folders.own(home) == tmp_path / "styles"
    assert folders.pictures(folders.own(home)) == []
    folders.make(folders.own(home))
    assert (tmp_path / "styles").is_dir()

    chosen = tmp_path / "paintings"
    for name in ("b.JPG", "a.webp", "notes.txt", ".hidden.png", "below/c.png"):
        picture(chosen / name)
    folders.choose(home, chosen)
    assert folders.own(home) == chosen
    assert [path.name for path in folders.pictures(chosen)] == ["a.webp", "b.JPG"]


def test_samples_that_are_not_styles_are_left_out(plugin: Import, tmp_path: Path) -> None:
    for name in ("hatching", "mosaic", "landscape", "stylised"):
        picture(tmp_path / "sample" / f"{name}.png")
    found = plugin("style_folder").samples(Home(tmp_path))
    assert [path.stem for path in found] == ["hatching", "mosaic"]


def test_samples_begin_with_the_best_and_paintings_come_before_drawn_ones(
    plugin: Import, tmp_path: Path
) -> None:
    best, wave = "Van Gogh - The Starry Night.jpg", "Hokusai - The Great Wave off Kanagawa.jpg"
    for name in ("mosaic.png", wave, "ink.png", best):
        picture(tmp_path / "sample" / name)
    found = plugin("style_folder").samples(Home(tmp_path))
    assert [path.name for path in found] == [best, wave, "ink.png", "mosaic.png"]


def test_a_typed_path_is_not_replaced_by_another_style(plugin: Import) -> None:
    chosen = plugin("path_list").chosen_path
    assert str(chosen("//pictures/oak.jpg")) == str(chosen("/pictures/oak.jpg"))


def test_a_style_that_is_stored_twice_is_shown_once(plugin: Import, tmp_path: Path) -> None:
    style = picture(tmp_path / "oak.jpg")
    kept = json.dumps([f"/{style}", str(style)])
    (tmp_path / "recent-styles.json").write_text(kept, encoding="utf-8")
    assert plugin("recent_styles").read(Home(tmp_path)) == [style]
