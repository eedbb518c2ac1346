"""The style images that were painted with lately, kept in the product's own folder."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from neural_style_protocol.paths import Home

MOST = 12
SAMPLES = "sample"
NO_STYLES = ("landscape", "stylised")


def read(home: Home) -> list[Path]:
    """The newest first, those that are still there, then the samples that came along."""
    try:
        names = json.loads(_file(home).read_text(encoding="utf-8"))
        recent = [Path(name) for name in names if isinstance(name, str)]
    except (OSError, ValueError, TypeError):
        recent = []
    both = dict.fromkeys(path for path in [*recent, *_samples(home)] if path.is_file())
    return list(both)[:MOST]


def remember(home: Home, style: Path) -> None:
    """Put ``style`` first. That it cannot be written is no reason not to paint."""
    known = [path for path in read(home) if path != style]
    with contextlib.suppress(OSError):
        text = json.dumps([str(path) for path in [style, *known][:MOST]], indent=2)
        _file(home).write_text(text + "\n", encoding="utf-8")


def _file(home: Home) -> Path:
    return home.root / "recent-styles.json"


def _samples(home: Home) -> list[Path]:
    """The styles that the installation drew; its other two pictures are no styles."""
    found = sorted((home.root / SAMPLES).glob("*.png"))
    return [path for path in found if path.stem not in NO_STYLES]
