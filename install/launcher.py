"""The command that the user types, and how the installer runs the program."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from install.console import run, say, step, warn
from install.environment import Environment
from install.install_paths import COMMAND, InstallPaths
from install.manifest import Manifest, is_our_launcher, make_folder
from neural_style_protocol.paths import VARIABLE

STOP_SECONDS = 60.0


def make(paths: InstallPaths, manifest: Manifest) -> Manifest:
    """Write the command. Another program's command of that name is kept, with a warning.

    Raises:
        InstallError: its folder cannot be created.
    """
    path = paths.launcher
    if path.is_symlink() or (path.exists() and not is_our_launcher(path, paths)):
        warn(f"{path} is there already and is not this program: left alone")
        return manifest
    made = make_folder(path.parent)
    part = path.with_suffix(".part")
    part.write_text(_script(paths), encoding="utf-8")
    part.chmod(0o755)
    part.replace(path)
    return manifest.extended(launchers=[path], folders=made)


def _script(paths: InstallPaths) -> str:
    """A shell script that sets the home folder and ignores the shell's PYTHONPATH."""
    home, command = shlex.quote(str(paths.root)), shlex.quote(str(paths.command))
    python = shlex.quote(str(paths.environment / "bin" / "python"))
    return (
        "#!/bin/sh\n"
        f"# Made by the installer of {COMMAND}; its --uninstall removes it.\n"
        f": ${{{VARIABLE}:={home}}}\n"
        f"export {VARIABLE}\n"
        f'exec {python} -I {command} "$@"\n'
    )


def how_to_call(paths: InstallPaths) -> str:
    """What to type: the name if it is on the search path, else the full path."""
    found = shutil.which(COMMAND)
    if found is not None and os.path.samefile(found, paths.launcher):
        return COMMAND
    folder = paths.launcher.parent
    return f"{paths.launcher}\n    ({folder} is not on your PATH: add it to call it {COMMAND})"


def stop_daemon(environment: Environment | None, paths: InstallPaths) -> None:
    """Stop the daemon of this home, if one is running."""
    if environment is None or not paths.home.connection_file.exists():
        return
    try:
        subprocess.run(
            [environment.python, "-I", environment.command, "stop"],
            env=environment_of(paths),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=STOP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        warn("The daemon did not stop: the old version runs until the computer restarts")


def fetch_weights(environment: Environment, paths: InstallPaths) -> None:
    """Fetch the network's weights, unless they are there and complete.

    Raises:
        InstallError: they cannot be fetched.
    """
    step(f"Weights of VGG-19 (18 MB), in {paths.home.weights}")
    weights: list[str | Path] = [environment.python, "-I", environment.command, "weights"]
    verified = subprocess.run(
        [*weights, "verify"], env=environment_of(paths), capture_output=True, check=False
    )
    if verified.returncode == 0:
        say("already there, and complete")
        return
    run(
        [*weights, "fetch"],
        env=environment_of(paths),
        failure="The weights could not be fetched",
        next_step="Run ./install.sh again; what is already there is kept.",
    )


def environment_of(paths: InstallPaths) -> dict[str, str]:
    """This process's environment variables, with the home folder set."""
    return {**os.environ, VARIABLE: str(paths.root)}
