"""Checks of the product's folder, the weights in it, and the free disk space and memory."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from neural_style import weights
from neural_style.doctor.finding import Finding
from neural_style.doctor.privacy import check_privacy
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.paths import Home

LOW_DISK = 1_000_000_000
LOW_MEMORY = 2_000_000_000


def check_home(home: Home) -> Iterator[Finding]:
    """Check folders and their modes, weights, free disk space and free memory."""
    yield _folder(home.root)
    yield from check_privacy(home)
    yield _weights(home)
    yield _disk(home.root)
    yield _memory()


def _folder(root: Path) -> Finding:
    if not root.is_dir():
        return Finding("home", "problem", f"{root} is not there.", "Run ./install.sh.")
    if not os.access(root, os.W_OK | os.X_OK):
        return Finding(
            "home",
            "problem",
            f"{root} cannot be written.",
            _how_to_own(root),
        )
    return Finding("home", "ok", f"Everything is in {root}.")


def _how_to_own(root: Path, system: str = sys.platform) -> str:
    if system == "win32":
        return f"Make it yours: icacls {root} /grant %USERNAME%:(OI)(CI)F /T"
    return f"Make it yours: sudo chown -R $USER {root}"


def _weights(home: Home) -> Finding:
    try:
        path = weights.verify(home.weights)
    except NeuralStyleError as error:
        return Finding(
            "weights",
            "problem",
            error.sentence,
            "Run neural-style weights fetch.",
            fix=lambda: weights.fetch(home.weights),
        )
    return Finding("weights", "ok", f"{path.name} is whole.")


def _disk(root: Path) -> Finding:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    words = f"{free / 1e9:.1f} GB free on the disk of {root}."
    if free < LOW_DISK:
        return Finding("disk", "warning", words, "Make room: results and logs are kept there.")
    return Finding("disk", "ok", words)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    words = f"{free / 1e9:.1f} GB of memory available."
    if free < LOW_MEMORY:
        return Finding("memory", "warning", words, "Close other programs, or choose a small Size.")
    return Finding("memory", "ok", words)
