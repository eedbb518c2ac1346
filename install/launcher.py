"""The command that a person types, and what the installer asks of the program itself."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from install.console import run, say, step, warn
from install.environment import Environment
from install.manifest import Manifest, is_our_launcher, make_folder
from install.places import COMMAND, Places
from neural_style_protocol.paths import VARIABLE

STOP_SECONDS = 60.0


def make(places: Places, manifest: Manifest) -> Manifest:
    """Write the command; somebody else's of that name is left alone, with a warning.

    Raises:
        InstallError: its folder cannot be made.
    """
    path = places.launcher
    if path.is_symlink() or (path.exists() and not is_our_launcher(path, places)):
        warn(f"{path} is there already and is not this program: left alone")
        return manifest
    made = make_folder(path.parent)
    part = path.with_suffix(".part")
    part.write_text(_script(places), encoding="utf-8")
    part.chmod(0o755)
    part.replace(path)
    return manifest.adding(launchers=[path], folders=made)


def _script(places: Places) -> str:
    """A shell script: it holds the home folder, and keeps the shell's PYTHONPATH out."""
    home, command = shlex.quote(str(places.root)), shlex.quote(str(places.command))
    python = shlex.quote(str(places.environment / "bin" / "python"))
    return (
        "#!/bin/sh\n"
        f"# Made by the installer of {COMMAND}; its --uninstall removes it.\n"
        f": ${{{VARIABLE}:={home}}}\n"
        f"export {VARIABLE}\n"
        f'exec {python} -I {command} "$@"\n'
    )


def how_to_call(places: Places) -> str:
    """What to type: the bare name where the search path has it, else the whole path."""
    found = shutil.which(COMMAND)
    if found is not None and os.path.samefile(found, places.launcher):
        return COMMAND
    folder = places.launcher.parent
    return f"{places.launcher}\n    ({folder} is not on your PATH: add it to call it {COMMAND})"


def stop_daemon(environment: Environment | None, places: Places) -> None:
    """Ask a running daemon of this home to end; none running is as good."""
    if environment is None or not places.home.connection_file.exists():
        return
    try:
        subprocess.run(
            [environment.python, "-I", environment.command, "stop"],
            env=environment_of(places),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=STOP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        warn("The daemon did not stop; it goes on as it was until the computer restarts")


def fetch_weights(environment: Environment, places: Places) -> None:
    """Have the network's weights in place and whole.

    Raises:
        InstallError: they cannot be had.
    """
    step(f"Weights of VGG-19 (18 MB), in {places.home.weights}")
    weights: list[str | Path] = [environment.python, "-I", environment.command, "weights"]
    verified = subprocess.run(
        [*weights, "verify"], env=environment_of(places), capture_output=True, check=False
    )
    if verified.returncode == 0:
        say("there already, and whole")
        return
    run(
        [*weights, "fetch"],
        env=environment_of(places),
        failure="The weights could not be fetched",
        next_step="Run ./install.sh again; what is already there is kept.",
    )


def environment_of(places: Places) -> dict[str, str]:
    """This process's variables, with the home folder named."""
    return {**os.environ, VARIABLE: str(places.root)}
