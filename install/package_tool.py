"""Packages into an environment: by uv where this machine has it, by pip otherwise."""

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
    """``pip install`` with ``arguments`` into the environment of ``python``.

    uv is only the faster way: where it fails, pip is asked. Both are quiet where nobody watches.

    Raises:
        InstallError: neither could.
    """
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    if _by_uv(python, [*quiet, *arguments]):
        return
    # Not in /tmp, which often is in memory, and too small for PyTorch.
    with tempfile.TemporaryDirectory(prefix=".part-", dir=python.parents[1]) as work:
        run(
            # What one package lacks may be the next that is asked for.
            [python, "-I", "-m", "pip", "install", "--no-warn-conflicts", *quiet, *arguments],
            failure="A package could not be installed",
            next_step=_ABOUT_NETWORK,
            env={**os.environ, "TMPDIR": work},
        )


def _by_uv(python: Path, arguments: Sequence[str | Path]) -> bool:
    uv = shutil.which("uv")
    same = PipSettings.read(python).for_uv() if uv else None
    if uv is None or same is None:
        return False
    options, variables = same
    # uv takes the first index that knows a package, and a folder of one version for unchanged,
    # unless it is told to be as pip is.
    as_pip = ["--index-strategy", "unsafe-best-match", "--reinstall-package", PROJECT]
    command = [uv, "pip", "install", "--python", python, *options, *as_pip, *arguments]
    try:
        done = subprocess.run(
            command, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        warn(f"uv cannot be run ({error.strerror}); pip does it")
        return False
    if done.returncode != 0:
        warn("uv could not do that; pip tries")
    return done.returncode == 0
