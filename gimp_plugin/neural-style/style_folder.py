"""Folders of style images: the person's own, and what the installation drew."""

from __future__ import annotations

import contextlib
from pathlib import Path

import path_list
from neural_style_protocol.paths import Home

MOST = 200
"""Most pictures of the person's folder that are shown."""

ENDINGS = frozenset(
    f".{name}"
    for name in (
        *("avif", "bmp", "gif", "heic", "heif", "jpeg", "jpg", "jxl"),
        *("png", "psd", "tif", "tiff", "webp", "xcf"),
    )
)
SAMPLES = "sample"
NO_STYLES = ("landscape", "stylised")


def own(home: Home) -> Path:
    """The folder that the person chose, or ``styles`` in the product's own folder."""
    chosen = path_list.read(_file(home))
    return chosen[0] if chosen else home.root / "styles"


def choose(home: Home, folder: Path) -> None:
    """Let ``folder`` be the person's own."""
    path_list.write(_file(home), [folder])


def make(folder: Path) -> None:
    """Make the folder, so that there is something to put pictures into."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)


def pictures(folder: Path) -> list[Path]:
    """The pictures that lie in ``folder`` itself, by name; none if it cannot be read."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in ENDINGS]
    except OSError:
        return []
    named = sorted(found, key=lambda path: path.name.casefold())
    return [path for path in named if path.is_file() and not path.name.startswith(".")][:MOST]


def samples(home: Home) -> list[Path]:
    """The styles that the installation drew; its other two pictures are no styles."""
    found = sorted((home.root / SAMPLES).glob("*.png"))
    return [path for path in found if path.stem not in NO_STYLES]


def _file(home: Home) -> Path:
    return home.root / "style-folder.json"
