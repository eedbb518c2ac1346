"""Copies of the plug-in: what is in each, and how one takes the place of an older one.

Standard library only: the installer uses this before there is an environment.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from neural_style import gimps

SCRIPT = "neural-style.py"
RECORD = "install.json"
"""The file that tells the plug-in where the daemon is, and how it is started."""

COMPILED = ("*.so", "*.pyd", "*.dylib")
"""What a copy for every system has nothing of; msgpack then uses its own pure Python."""

Move = Callable[[Path, Path], None]
"""Moves a folder."""

_LEFT_OUT = shutil.ignore_patterns("vendor", "__pycache__", RECORD)


class CopyInUse(OSError):
    """A program has files of a copy open, so that it cannot be moved; only Windows has that."""


def is_copy(folder: Path) -> bool:
    """Whether ``folder`` is a copy of our plug-in, from this installation or another."""
    return (folder / SCRIPT).is_file()


def begin(source: Path, copy: Path) -> None:
    """Make the folder ``copy`` with the plug-in's own files, without the packages that it needs.

    Raises:
        OSError: it cannot be written.
    """
    shutil.copytree(source, copy, ignore=_LEFT_OUT)


def complete(copy: Path, home: str, command: str) -> None:
    """Write down where the daemon is, and let GIMP start the script.

    Args:
        home: the daemon's folder; may begin with ``~``. Empty for each system's usual one.
        command: the program that starts the daemon; may begin with ``~``.

    Raises:
        OSError: a file cannot be written.
    """
    record = {"home": home, "command": [command]}
    (copy / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (copy / SCRIPT).chmod(0o755)
    (copy / SCRIPT).touch()  # GIMP asks a plug-in for its procedures again only if its file changed


def use_the_systems_python(copy: Path) -> None:
    """Let no other Python of the search path run the script: only the system's has GIMP's gi."""
    if gimps.system_python_has_gi():
        script = copy / SCRIPT
        lines = script.read_text(encoding="utf-8").split("\n")
        lines[0] = f"#!{gimps.SYSTEM_PYTHON}"
        script.write_text("\n".join(lines), encoding="utf-8")


def put_in_place(copy: Path, plugin: Path, move: Move = os.replace) -> None:
    """Copy ``copy`` to ``plugin``, whose folder exists, in place of what is there.

    Raises:
        CopyInUse: what is there cannot be moved away. It is there still.
        OSError: the folder cannot be written. What was there is there still.
    """
    part, old = (plugin.with_name(f".{plugin.name}.{ending}") for ending in ("part", "old"))
    for rest in (part, old):
        shutil.rmtree(rest, ignore_errors=True)
    shutil.copytree(copy, part)
    try:
        _exchange(part, plugin, old, move)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise CopyInUse(*error.args) from error
    shutil.rmtree(old, ignore_errors=True)


def _exchange(part: Path, plugin: Path, old: Path, move: Move) -> None:
    if plugin.exists():
        move(plugin, old)
    try:
        move(part, plugin)
    except OSError:
        if old.exists():
            move(old, plugin)
        raise
