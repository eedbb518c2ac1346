"""What the tests of ``neural-style batch`` look at."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from neural_style_protocol.paths import Home


def hashes(folder: Path) -> dict[str, str]:
    """The pictures in a folder, and the hash of each."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def shade(path: Path) -> object:
    """The colour of a picture's second pixel in the second row."""
    with Image.open(path) as made:
        return made.convert("RGB").getpixel((1, 1))


def jobs_so_far(home: Home) -> int:
    """How many jobs the workers have been given in the life of a home."""
    log = (home.logs / "daemon.log").read_text(encoding="utf-8")
    return log.count("handed to worker")
