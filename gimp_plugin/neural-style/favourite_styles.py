"""The user's favourite style images, stored in the home folder of Neural Style."""

from __future__ import annotations

from pathlib import Path

import path_list
from neural_style_protocol.paths import Home


def read(home: Home) -> list[Path]:
    """The favourites that still exist, the newest first."""
    return [path for path in path_list.read(_file(home)) if path.is_file()]


def star(home: Home, style: Path) -> None:
    """Add ``style`` to the favourites."""
    others = [path for path in path_list.read(_file(home)) if path != style]
    path_list.write(_file(home), [style, *others])


def unstar(home: Home, style: Path) -> None:
    """Remove ``style`` from the favourites."""
    path_list.write(_file(home), [path for path in path_list.read(_file(home)) if path != style])


def _file(home: Home) -> Path:
    return home.root / "favourite-styles.json"
