"""Folders of style images: the user's own, and the samples of the installation."""

from __future__ import annotations

import contextlib
from pathlib import Path

import path_list
from neural_style_protocol.paths import Home

MOST = 200
"""The most pictures of the user's folder that are shown."""

ENDINGS = frozenset(
    f".{name}"
    for name in (
        *("avif", "bmp", "gif", "heic", "heif", "jpeg", "jpg", "jxl"),
        *("png", "psd", "tif", "tiff", "webp", "xcf"),
    )
)
SAMPLES = "sample"
NO_STYLES = ("landscape", "stylised")
BEST = "Van Gogh - The Starry Night"
PAINTINGS = ".jpg"
"""The samples that are no PNG, which the program drew, are paintings."""


def own(home: Home) -> Path:
    """The folder that the user chose, or ``styles`` in the home folder of Neural Style."""
    chosen = path_list.read(_file(home))
    return chosen[0] if chosen else home.root / "styles"


def choose(home: Home, folder: Path) -> None:
    """Make ``folder`` the user's own."""
    path_list.write(_file(home), [folder])


def make(folder: Path) -> None:
    """Create the folder, so that the user can put pictures into it."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)


def pictures(folder: Path) -> list[Path]:
    """The pictures directly in ``folder``, sorted by name; none if it cannot be read."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in ENDINGS]
    except OSError:
        return []
    named = sorted(found, key=lambda path: path.name.casefold())
    return [path for path in named if path.is_file() and not path.name.startswith(".")][:MOST]


def samples(home: Home) -> list[Path]:
    """The sample styles of the installation: the best to begin with, paintings, drawn pictures."""
    found = [path for path in pictures(home.root / SAMPLES) if path.stem not in NO_STYLES]
    return sorted(found, key=lambda path: (path.stem != BEST, path.suffix != PAINTINGS))


def _file(home: Home) -> Path:
    return home.root / "style-folder.json"
