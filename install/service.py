"""The optional systemd user unit that keeps the daemon running."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from install.console import InstallError, say, step, warn
from install.install_paths import COMMAND, InstallPaths
from install.launcher import environment_of
from install.manifest import Manifest, is_our_launcher, make_folder

TIMEOUT_SECONDS = 60.0
"""Timeout of a systemctl call; the daemon writes a checkpoint before it stops."""


def make(paths: InstallPaths, manifest: Manifest) -> Manifest:
    """Write the unit, and have systemd start it now and at each login.

    Raises:
        InstallError: the unit cannot be written.
    """
    step(f"Service, in {paths.unit}")
    if paths.unit.exists() and not is_our_launcher(paths.unit, paths):
        warn(f"{paths.unit} is there already and is not this program's: left alone")
        return manifest
    made = make_folder(paths.unit.parent)
    part = paths.unit.with_suffix(".part")
    part.write_text(_unit(paths), encoding="utf-8")
    part.replace(paths.unit)
    if _systemctl("daemon-reload") and _systemctl("enable", COMMAND):
        if _systemctl("restart", COMMAND):
            say("the daemon runs now, and after each login")
        else:
            warn(f"systemd could not start it: see systemctl --user status {COMMAND}")
    else:
        warn("systemd cannot be asked from here. Once it can, run:")
        say(f"systemctl --user enable --now {COMMAND}")
    return manifest.extended(launchers=[paths.unit], folders=made)


def is_installed(paths: InstallPaths) -> bool:
    """Whether the unit exists and starts this home's program."""
    return is_our_launcher(paths.unit, paths)


def stop(paths: InstallPaths) -> None:
    """Have systemd stop and disable the daemon of this home; the unit's file is removed later."""
    if is_installed(paths):
        _systemctl("disable", "--now", COMMAND)


def _unit(paths: InstallPaths) -> str:
    python = paths.environment / "bin" / "python"
    command: list[str | Path] = [python, "-I", paths.command, "service-unit"]
    done = subprocess.run(
        command, env=environment_of(paths), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or str(paths.environment) not in done.stdout:
        raise InstallError(f"The service's unit cannot be made ({done.stderr.strip()[-300:]}).")
    return done.stdout


def _systemctl(*words: str) -> bool:
    """Run ``systemctl --user``; returns whether it succeeded."""
    program = shutil.which("systemctl")
    if program is None:
        return False
    try:
        done = subprocess.run(
            [Path(program), "--user", *words],
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
