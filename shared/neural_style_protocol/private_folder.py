"""Keep a folder from other users, on each kind of system."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from neural_style_protocol.background import unseen

Run = Callable[[Sequence[str]], int]
"""Runs a command and returns its exit status."""


def close_to_others(
    folder: Path,
    *,
    system: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    run: Run | None = None,
) -> None:
    """Let nobody but its owner read ``folder``.

    On Windows a folder inside the user's own is private already; another one gets a list of access
    rights with the user alone.

    Raises:
        OSError: the rights cannot be changed.
    """
    if system != "win32":
        folder.chmod(0o700)
        return
    if is_in_profile(folder, environment):
        return
    rights = f"{_user(environment)}:(OI)(CI)F"
    if (run or _run)(["icacls", str(folder), "/inheritance:r", "/grant:r", rights]) != 0:
        raise PermissionError(f"the access rights of {folder} cannot be changed")


def is_in_profile(folder: Path, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether ``folder`` lies in the user's own folder of Windows."""
    profile = environment.get("USERPROFILE")
    return bool(profile) and Path(str(profile)) in folder.parents


def _user(environment: Mapping[str, str]) -> str:
    """The user's name for icacls: ``DOMAIN\\name``."""
    domain, name = environment.get("USERDOMAIN", ""), environment.get("USERNAME", "")
    return f"{domain}\\{name}" if domain else name


def _run(command: Sequence[str]) -> int:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, **unseen()
    ).returncode
