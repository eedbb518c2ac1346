"""The systemd user unit that keeps the daemon running, for those who want it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from install.console import InstallError, say, step, warn
from install.launcher import environment_of
from install.manifest import Manifest, is_our_launcher, make_folder
from install.places import COMMAND, Places

SECONDS = 60.0
"""How long systemd may take for a request: stopping the daemon takes as long as a checkpoint."""


def make(places: Places, manifest: Manifest) -> Manifest:
    """Write the unit, and have systemd run it now and at each login.

    Raises:
        InstallError: the unit cannot be made.
    """
    step(f"Service, in {places.unit}")
    if places.unit.exists() and not is_our_launcher(places.unit, places):
        warn(f"{places.unit} is there already and is not this program's: left alone")
        return manifest
    made = make_folder(places.unit.parent)
    part = places.unit.with_suffix(".part")
    part.write_text(_unit(places), encoding="utf-8")
    part.replace(places.unit)
    if _systemctl("daemon-reload") and _systemctl("enable", COMMAND):
        if _systemctl("restart", COMMAND):
            say("the daemon runs now, and after each login")
        else:
            warn(f"systemd could not start it: see systemctl --user status {COMMAND}")
    else:
        warn("systemd cannot be asked from here. Once it can, run:")
        say(f"systemctl --user enable --now {COMMAND}")
    return manifest.adding(launchers=[places.unit], folders=made)


def is_there(places: Places) -> bool:
    """Whether an earlier installation in this home made the service."""
    return is_our_launcher(places.unit, places)


def stop(places: Places) -> None:
    """Have systemd end the daemon of this home, and forget it; its unit is removed later."""
    if is_there(places):
        _systemctl("disable", "--now", COMMAND)


def _unit(places: Places) -> str:
    python = places.environment / "bin" / "python"
    command: list[str | Path] = [python, "-I", places.command, "service-unit"]
    done = subprocess.run(
        command, env=environment_of(places), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or str(places.environment) not in done.stdout:
        raise InstallError(f"The service's unit cannot be made ({done.stderr.strip()[-300:]}).")
    return done.stdout


def _systemctl(*words: str) -> bool:
    """Whether systemd did what it was asked for this user."""
    program = shutil.which("systemctl")
    if program is None:
        return False
    try:
        done = subprocess.run(
            [Path(program), "--user", *words], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
