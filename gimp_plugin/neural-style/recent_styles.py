"""The recently used style images, stored in the home folder of Neural Style."""

from __future__ import annotations

from pathlib import Path

import path_list
from neural_style_protocol.paths import Home

MOST = 12


def read(home: Home) -> list[Path]:
    """The recent styles that still exist, the newest first."""
    found = dict.fromkeys(path for path in path_list.read(home.recent_styles) if path.is_file())
    return list(found)[:MOST]


def remember(home: Home, style: Path) -> None:
    """Put ``style`` first."""
    known = [path for path in read(home) if path != style]
    path_list.write(home.recent_styles, [style, *known][:MOST])
