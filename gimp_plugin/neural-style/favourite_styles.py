"""The style images that the person has starred, kept in the product's own folder."""

from __future__ import annotations

from pathlib import Path

import path_list
from neural_style_protocol.paths import Home


def read(home: Home) -> list[Path]:
    """Those that are still there, the last one starred first."""
    return [path for path in path_list.read(_file(home)) if path.is_file()]


def star(home: Home, style: Path) -> None:
    """Make ``style`` a favourite."""
    others = [path for path in path_list.read(_file(home)) if path != style]
    path_list.write(_file(home), [style, *others])


def unstar(home: Home, style: Path) -> None:
    """Make ``style`` no favourite any more."""
    path_list.write(_file(home), [path for path in path_list.read(_file(home)) if path != style])


def _file(home: Home) -> Path:
    return home.root / "favourite-styles.json"
