"""The styles that the dialog offers."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY
from neural_style_protocol.paths import Home


@pytest.fixture
def recent_styles(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    import recent_styles as module

    return module


def picture(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return path


def test_newest_first_then_what_the_installation_drew(
    recent_styles: ModuleType, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    samples = [picture(tmp_path / "sample" / f"{name}.png") for name in ("hatching", "mosaic")]
    for name in ("landscape", "stylised"):
        picture(tmp_path / "sample" / f"{name}.png")
    first, second = picture(tmp_path / "a.jpg"), picture(tmp_path / "b.jpg")
    for style in (first, second, samples[1], first):
        recent_styles.remember(home, style)
    assert recent_styles.read(home) == [first, samples[1], second, samples[0]]


def test_what_is_gone_is_not_offered(recent_styles: ModuleType, tmp_path: Path) -> None:
    home = Home(tmp_path)
    gone = picture(tmp_path / "gone.jpg")
    recent_styles.remember(home, gone)
    gone.unlink()
    assert recent_styles.read(home) == []


@pytest.mark.parametrize("text", ["", "{", "3", "[1, null]"])
def test_damaged_list_is_empty(recent_styles: ModuleType, tmp_path: Path, text: str) -> None:
    (tmp_path / "recent-styles.json").write_text(text, encoding="utf-8")
    assert recent_styles.read(Home(tmp_path)) == []


def test_no_more_than_a_dozen(recent_styles: ModuleType, tmp_path: Path) -> None:
    for number in range(20):
        recent_styles.remember(Home(tmp_path), picture(tmp_path / f"{number}.jpg"))
    assert [path.stem for path in recent_styles.read(Home(tmp_path))] == [
        str(number) for number in range(19, 7, -1)
    ]
