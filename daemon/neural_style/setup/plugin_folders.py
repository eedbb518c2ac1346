"""Put the plug-in into GIMP's folders, and take it out again."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from neural_style.gimps import PluginFolder
from neural_style.setup.errors import SetupError
from neural_style.setup.plugin_source import SCRIPT
from neural_style_protocol import atomic
from neural_style_protocol.phrases import reason

PART, OLD = ".neural-style.part", ".neural-style.old"
"""The new copy until it is whole, and the old one until it is gone."""

Move = Callable[[Path, Path], None]


def is_ours(plugin: Path) -> bool:
    """Whether the folder is a copy of our plug-in."""
    return (plugin / SCRIPT).is_file()


def install(copy: Path, folder: PluginFolder, move: Move = atomic.replace) -> list[Path]:
    """Put ``copy`` into ``folder``, in place of an older one.

    Args:
        move: moves a folder.

    Returns:
        The folders that had to be made, the outermost first.

    Raises:
        SetupError: another plug-in has its name, the folder cannot be written, or GIMP has files of
            the older copy open. That one is still there then.
    """
    plugin = folder.plugin
    if plugin.exists() and not is_ours(plugin):
        raise SetupError(
            "{path} is there already and is not this plug-in.",
            next_step="Remove it, then run `neural-style setup` again.",
            path=plugin,
        )
    missing = [parent for parent in (folder.path, *folder.path.parents) if not parent.exists()]
    part, old = folder.path / PART, folder.path / OLD
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        for rest in (part, old):
            shutil.rmtree(rest, ignore_errors=True)
        shutil.copytree(copy, part)
    except OSError as error:
        raise SetupError(
            "The plug-in cannot be put into {path} ({reason}).",
            next_step="Check its permissions, then run `neural-style setup` again.",
            path=folder.path,
            reason=reason(error),
        ) from error
    _exchange(part, plugin, old, move)
    shutil.rmtree(old, ignore_errors=True)
    return missing[::-1]


def _exchange(part: Path, plugin: Path, old: Path, move: Move) -> None:
    try:
        if plugin.exists():
            move(plugin, old)
        try:
            move(part, plugin)
        except OSError:
            if old.exists():
                move(old, plugin)
            raise
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise SetupError(
            "The plug-in in {path} cannot be replaced: a program has its files open, GIMP or a "
            "virus scanner.",
            next_step="Close GIMP, then run `neural-style setup` again.",
            path=plugin,
        ) from error


def remove(plugin: Path) -> bool:
    """Remove a copy of the plug-in; returns whether there was one.

    Raises:
        SetupError: GIMP has its files open.
    """
    if not is_ours(plugin):
        return False
    try:
        shutil.rmtree(plugin)
    except OSError as error:
        raise SetupError(
            "{path} cannot be removed ({reason}).",
            next_step="Close GIMP, then run `neural-style setup --uninstall` again.",
            path=plugin,
            reason=reason(error),
        ) from error
    return True


def remove_if_empty(folder: Path) -> None:
    """Remove a folder that nobody uses."""
    with contextlib.suppress(OSError):
        folder.rmdir()
