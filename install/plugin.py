"""The plug-in: one complete copy in the home folder, and copies of it for each GIMP."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from install import plugin_copy
from install.console import InstallError, say, step, warn
from install.environment import Environment
from install.install_paths import COMMAND, InstallPaths
from install.manifest import Manifest, make_folder
from install.plugin_copy import DEFAULT_PYTHON
from neural_style import gimps, plugin_copies
from neural_style.gimps import PluginFolder


def make_next(paths: InstallPaths, checkout: Path, environment: Environment) -> None:
    """Make a new complete copy beside the one in use.

    Raises:
        InstallError: the packages for GIMP's Python cannot be downloaded.
    """
    step("Plug-in for GIMP")
    part = _next(paths)
    plugin_copy.make(
        part,
        checkout,
        environment,
        home=str(paths.root),
        command=str(paths.command),
        python=_python_of_gimp(),
    )
    plugin_copies.use_the_systems_python(part)
    say("prepared")


def put_in_use(paths: InstallPaths) -> None:
    """Replace the complete copy by the new one."""
    shutil.rmtree(paths.plugin, ignore_errors=True)
    _next(paths).replace(paths.plugin)


def _next(paths: InstallPaths) -> Path:
    return paths.plugin.with_suffix(".next")


def install_into_every_gimp(paths: InstallPaths, manifest: Manifest) -> Manifest:
    """Copy the plug-in for each GIMP 3 of this user; returns the manifest with the copies.

    Raises:
        InstallError: a folder cannot be written.
    """
    step("Every GIMP 3 of this user")
    programs = gimps.find_programs()
    for program in programs:
        if program.version[0] < 3:
            warn(f"{program.name} is too old: the plug-in needs GIMP 3")
        elif program.packaging == "Snap":
            warn(f"{program.name} does not run plug-ins from a user's folder")
        elif program.packaging == "Flatpak":
            warn(f"{program.name} cannot start the daemon itself: run {COMMAND} start first")
    folders = gimps.find_plugin_folders(programs)
    for folder in folders:
        manifest = install_into(folder, paths, manifest)
    if not folders:
        say("No GIMP 3 was found. When there is one, run ./install.sh again, or copy the plug-in:")
        say(f"  cp -r {paths.plugin} ~/.config/GIMP/3.0/plug-ins/")
    elif any(program.packaging == "distribution" for program in programs):
        _warn_without_gi()
    return manifest


def install_into(folder: PluginFolder, paths: InstallPaths, manifest: Manifest) -> Manifest:
    """Copy the plug-in into one plug-ins folder, in place of an older copy.

    Another plug-in's folder of the same name is kept, with a warning.

    Raises:
        InstallError: the folder cannot be written.
    """
    target = folder.plugin
    if target.exists() and not plugin_copies.is_copy(target):
        warn(f"{target} is there already and is not this plug-in: left alone")
        return manifest
    made = make_folder(folder.path)
    try:
        plugin_copies.put_in_place(paths.plugin, target)
    except OSError as error:
        raise InstallError(f"The plug-in cannot be put into {folder.path} ({error}).") from error
    say(f"{folder.belongs_to}: {target}")
    return manifest.extended(plugins=[target], folders=made)


def _python_of_gimp() -> tuple[int, int]:
    """The Python version to choose wheels for; the system's, if it is old and its GIMP uses it."""
    system = gimps.python_of_distribution_gimp()
    has_gimp = any(program.version[0] == 3 for program in gimps.find_programs())
    return system if has_gimp and system is not None and system < (3, 12) else DEFAULT_PYTHON


def _warn_without_gi() -> None:
    if not gimps.system_python_has_gi():
        warn(f"{gimps.SYSTEM_PYTHON} cannot load GIMP's bindings, so GIMP shows no Python plug-in.")
        warn("On Debian and Ubuntu: sudo apt install python3-gi gir1.2-gimp-3.0")


def check_folder(folder: Path) -> PluginFolder:
    """The plug-ins folder that the user gave.

    Raises:
        InstallError: it is not called ``plug-ins``, so GIMP would not look there.
    """
    if folder.name != "plug-ins":
        raise InstallError(
            f"{folder} is not a plug-ins folder of GIMP.",
            "Name the one inside GIMP's own folder: …/GIMP/3.0/plug-ins.",
        )
    return PluginFolder(Path(os.path.abspath(folder.expanduser())), "as asked")
