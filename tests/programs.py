"""Small programs in place of real ones."""

from __future__ import annotations

from pathlib import Path


def script(path: Path, *lines: str) -> Path:
    """Write a program for the shell at ``path``; returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    path.chmod(0o755)
    return path
