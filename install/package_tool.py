"""Install packages into an environment: with uv if this machine has it, otherwise with pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from install.console import run, warn
from install.pip_settings import PipSettings

PROJECT = "neural-style-gimp"

_ABOUT_NETWORK = (
    "Look at what pip says above. Behind a proxy, set https_proxy; for a mirror, PIP_INDEX_URL. "
    "Then run ./install.sh again: it goes on where it stopped."
)


def install(python: Path, arguments: Sequence[str | Path]) -> None:
    """Run ``pip install`` with ``arguments`` in the environment of ``python``.

    uv is tried first because it is faster. If it fails, pip is used. Both are quiet if standard
    output is not a terminal.

    Raises:
        InstallError: both failed.
    """
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    if _by_uv(python, [*quiet, *arguments]):
        return
    # Not in /tmp, which is often in memory and too small for PyTorch.
    with tempfile.TemporaryDirectory(prefix=".part-", dir=python.parents[1]) as work:
        run(
            # No warnings of conflicts: a missing package may be the next one to be installed.
            [python, "-I", "-m", "pip", "install", "--no-warn-conflicts", *quiet, *arguments],
            failure="A package could not be installed",
            next_step=_ABOUT_NETWORK,
            env={**os.environ, "TMPDIR": work},
        )


def _by_uv(python: Path, arguments: Sequence[str | Path]) -> bool:
    uv = shutil.which("uv")
    settings = PipSettings.read(python).for_uv() if uv else None
    if uv is None or settings is None:
        return False
    options, variables = settings
    # By default uv uses the first index that has a package, and does not reinstall a project of the
    # same version. These options make it behave like pip.
    like_pip = ["--index-strategy", "unsafe-best-match", "--reinstall-package", PROJECT]
    command = [uv, "pip", "install", "--python", python, *options, *like_pip, *arguments]
    try:
        done = subprocess.run(
            command, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        warn(f"uv cannot be run ({error.strerror}); using pip")
        return False
    if done.returncode != 0:
        warn("uv failed; trying pip")
    return done.returncode == 0
