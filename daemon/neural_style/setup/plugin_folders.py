"""Put the plug-in into GIMP's folders, and take it out again."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from neural_style import plugin_copies
from neural_style.gimps import PluginFolder
from neural_style.plugin_copies import CopyInUse, Move
from neural_style.setup.errors import SetupError
from neural_style_protocol import atomic
from neural_style_protocol.phrases import reason


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
    if plugin.exists() and not plugin_copies.is_copy(plugin):
        raise SetupError(
            "{path} is there already and is not this plug-in.",
            next_step="Remove it, then run `neural-style setup` again.",
            path=plugin,
        )
    missing = [parent for parent in (folder.path, *folder.path.parents) if not parent.exists()]
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        plugin_copies.put_in_place(copy, plugin, move)
    except CopyInUse as error:
        raise SetupError(
            "The plug-in in {path} cannot be replaced: a program has its files open, GIMP or a "
            "virus scanner.",
            next_step="Close GIMP, then run `neural-style setup` again.",
            path=plugin,
        ) from error
    except OSError as error:
        raise SetupError(
            "The plug-in cannot be put into {path} ({reason}).",
            next_step="Check its permissions, then run `neural-style setup` again.",
            path=folder.path,
            reason=reason(error),
        ) from error
    return missing[::-1]


def remove(plugin: Path) -> bool:
    """Remove a copy of the plug-in; returns whether there was one.

    Raises:
        SetupError: GIMP has its files open.
    """
    if not plugin_copies.is_copy(plugin):
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
