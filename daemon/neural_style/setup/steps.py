"""The steps of the set-up, and of its removal."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from neural_style import gimps, weights
from neural_style.gimp_places import STORE
from neural_style.gimps import PluginFolder
from neural_style.sample_picture import SIZE, SamplePicture
from neural_style.setup import plugin_folders, surroundings
from neural_style.setup.errors import SetupError
from neural_style.setup.plugin_source import make_copy
from neural_style.setup.record import Record
from neural_style_protocol.background import unseen
from neural_style_protocol.errors import WeightsError
from neural_style_protocol.paths import Home
from neural_style_protocol.set_up import RECORD

COMMAND = "neural-style"

MADE_INSIDE = ("plug-in", "sample", "gimp-runs", "remotes", RECORD)
"""What the set-up and the programs beside the daemon make in the home folder."""

CANNOT_START = ("Flatpak", STORE)
"""How a GIMP is packaged that keeps its programs apart from the user's others."""

Say = Callable[[str], None]


def set_up(home: Home, say: Say, *, into: Path | None = None, sample_size: int = SIZE) -> None:
    """Set up everything but the package itself. It can be run again, for an upgrade too.

    Args:
        say: shows a line to the user.
        into: the only plug-ins folder to use; by default every GIMP 3's.
        sample_size: of the sample picture, in pixels; 0 paints none.

    Raises:
        SetupError: a step failed.
        NeuralStyleError: the weights cannot be had, or a folder cannot be written.
    """
    surroundings.check_home(home)
    copy = home.make_private_folder(home.make_private_folder(home.root) / "plug-in") / COMMAND
    make_copy(copy, home.root, command())
    programs = () if into else gimps.find_programs()
    folders = [_named(into)] if into else list(gimps.find_plugin_folders(programs))
    for program in programs:
        if program.packaging in CANNOT_START:
            say(f"! {program.name} cannot start the daemon itself: run `neural-style start` first.")
    for warning in surroundings.warnings([home.root, *(folder.path for folder in folders)]):
        say(f"! {warning}")
    put_into_gimp(home, copy, folders, say)
    try:
        say(f"Weights: {weights.ensure(home.weights)}")
    except WeightsError as error:
        raise SetupError(
            "{problem}", next_step=surroundings.about_proxies(), problem=error.what
        ) from error
    if sample_size:
        say(f"A picture, painted by the daemon: {_sample(home, sample_size)}")
    say("In GIMP: Filters > Neural Style…")


def put_into_gimp(home: Home, copy: Path, folders: list[PluginFolder], say: Say) -> None:
    """Put the plug-in into each folder, and record it.

    Raises:
        SetupError: a folder cannot be used.
    """
    longest = len(COMMAND) + 1 + surroundings.longest_name_in(copy)
    surroundings.check_length(copy.parent, longest)
    record = Record.read(home)
    for folder in folders:
        surroundings.check_length(folder.path, longest)
        made = plugin_folders.install(copy, folder)
        record = record.extended(folder.plugin, made)
        record.write(home)
        say(f"{folder.belongs_to}: {folder.plugin}")
    if not folders:
        say("No GIMP 3 was found. Install it, start it once, and run `neural-style setup` again.")


def take_away(home: Home, say: Say) -> None:
    """Remove what the set-up and the program made. The package itself stays.

    Raises:
        SetupError: ./install.sh made it, or a file is in use.
    """
    surroundings.check_owner(home)
    record = Record.read(home)
    for plugin in map(Path, record.plugins):
        if plugin_folders.remove(plugin):
            say(f"Removed {plugin}")
    for path in (*home.made_by_the_program, *(home.root / name for name in MADE_INSIDE)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for folder in (*map(Path, reversed(record.folders)), home.root):
        plugin_folders.remove_if_empty(folder)
    say("To remove the program itself: uv tool uninstall neural-style-gimp")


def command(scripts: str | None = None, system: str = sys.platform) -> Path:
    """The program that starts the daemon, in the environment of this Python."""
    name = f"{COMMAND}.exe" if system == "win32" else COMMAND
    return Path(scripts or sysconfig.get_path("scripts")) / name


def _named(into: Path) -> PluginFolder:
    if into.name != "plug-ins":
        raise SetupError(
            "{folder} is not a plug-ins folder of GIMP.",
            next_step="Name the folder plug-ins inside GIMP's own.",
            folder=into,
        )
    return PluginFolder(into.absolute(), "As asked")


def _sample(home: Home, size: int) -> Path:
    sample = SamplePicture(home.root / "sample", size)
    for words in (sample.drawing, sample.painting):
        done = subprocess.run(
            [sys.executable, *words], stdin=subprocess.DEVNULL, check=False, **unseen()
        )
        if done.returncode != 0:
            raise SetupError(
                "The sample picture could not be painted.",
                next_step="Run `neural-style doctor`.",
            )
    return sample.result
