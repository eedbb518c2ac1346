"""A list of files that is kept in a small file of its own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path


def read(file: Path) -> list[Path]:
    """The paths in ``file``, whether or not anything is there; empty if it is damaged."""
    try:
        names = json.loads(file.read_text(encoding="utf-8"))
        return [chosen_path(name) for name in names if isinstance(name, str)]
    except (OSError, ValueError, TypeError):
        return []


def write(file: Path, paths: Iterable[Path]) -> None:
    """Keep ``paths``. That they cannot be written is no reason not to paint."""
    text = json.dumps([str(path) for path in paths], indent=2)
    with contextlib.suppress(OSError):
        file.write_text(text + "\n", encoding="utf-8")


def chosen_path(name: str) -> Path:
    """The path that GIMP gives, with two slashes before it where it was typed or remembered."""
    return Path("/" + name.lstrip("/")) if name.startswith("//") else Path(name)
