"""A list of paths that is stored in a small JSON file."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path


def read(file: Path) -> list[Path]:
    """The paths in ``file``, whether or not they exist; empty if ``file`` is damaged."""
    try:
        names = json.loads(file.read_text(encoding="utf-8"))
        return [chosen_path(name) for name in names if isinstance(name, str)]
    except (OSError, ValueError, TypeError):
        return []


def write(file: Path, paths: Iterable[Path]) -> None:
    """Store ``paths``. A failure is ignored, because it must not prevent painting."""
    text = json.dumps([str(path) for path in paths], indent=2)
    with contextlib.suppress(OSError):
        file.write_text(text + "\n", encoding="utf-8")


def chosen_path(name: str, system: str = sys.platform) -> Path:
    """The path for a name from GIMP, which begins with two slashes in some cases.

    On Windows two slashes are the begin of the name of another machine.
    """
    is_doubled = name.startswith("//") and system != "win32"
    return Path("/" + name.lstrip("/")) if is_doubled else Path(name)
