"""Install packages into an environment: with uv where it can be had, otherwise with pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from install.console import run, say, warn
from install.pip_settings import PipSettings
from neural_style.asking import Answer, ask

PROJECT = "neural-style-gimp"

OWN_UV = ".uv"
"""The folder of an environment with the uv that was fetched to build it, and uv's cache."""

FETCH_SECONDS, ANSWER_SECONDS = 300.0, 60.0

_ABOUT_NETWORK = (
    "Look at what pip says above. Behind a proxy, set https_proxy; for a mirror, PIP_INDEX_URL. "
    "Then run ./install.sh again: it goes on where it stopped."
)


def fetch_uv(python: Path, settings: PipSettings) -> None:
    """Fetch uv for the environment of ``python``, unless this machine has one that knows PyTorch.

    Without a network, or where the registry has no uv, pip does the work.
    """
    there, own = shutil.which("uv"), python.parents[1] / OWN_UV
    if there and "--torch-backend" in ask([there, "pip", "compile", "--help"], ANSWER_SECONDS).text:
        return
    if (own / "bin" / "uv").is_file() or settings.is_offline or settings.for_uv() is None:
        return
    say("fetching uv, which chooses the build of PyTorch and installs faster than pip")
    command = [str(python), "-I", "-m", "pip", "install", "--quiet", "--target", str(own), "uv"]
    answer = ask(command, FETCH_SECONDS)
    if not answer.worked:
        warn(f"uv cannot be had ({answer.last_error}); using pip")


def remove_uv(python: Path) -> None:
    """Remove the uv that was fetched, with its cache."""
    shutil.rmtree(python.parents[1] / OWN_UV, ignore_errors=True)


def resolved(python: Path, requirement: str, backend: str, variables: Mapping[str, str]) -> Answer:
    """What uv would install for ``requirement``, with an exact version: ``torch==2.9.1+cpu``.

    Args:
        python: of the environment.
        requirement: of one package.
        backend: uv's name of a build of PyTorch, or ``auto``.
        variables: of the environment of uv, beside those of this process.
    """
    command = _uv_command(python, "compile")
    if command is None:
        return Answer(False, "", "it is not here")
    words, own = command
    # The first of PyTorch's indexes that has a build for this Python is the best for the card.
    which = ["--torch-backend", backend, "--index-strategy", "unsafe-first-match"]
    plain = ["--quiet", "--no-deps", "--no-header", "--no-annotate"]
    with tempfile.NamedTemporaryFile("w", suffix=".in") as file:
        file.write(f"{requirement}\n")
        file.flush()
        return ask([*words, *which, *plain, file.name], ANSWER_SECONDS, env={**own, **variables})


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
    command = _uv_command(python, "install")
    if command is None:
        return False
    words, variables = command
    # By default uv uses the first index that has a package, and does not reinstall a project of the
    # same version. These options make it behave like pip.
    like_pip = ["--index-strategy", "unsafe-best-match", "--reinstall-package", PROJECT]
    try:
        done = subprocess.run(
            [*words, *like_pip, *arguments], env=variables, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        warn(f"uv cannot be run ({error.strerror}); using pip")
        return False
    if done.returncode != 0:
        warn("uv failed; trying pip")
    return done.returncode == 0


def _uv_command(python: Path, task: str) -> tuple[list[str], dict[str, str]] | None:
    """The begin of a command ``uv pip …`` and its variables; None if uv is not here, or lacks an
    equivalent of one of pip's settings."""
    own = python.parents[1] / OWN_UV
    fetched = (own / "bin" / "uv").is_file()
    program = str(own / "bin" / "uv") if fetched else shutil.which("uv")
    settings = PipSettings.read(python).for_uv() if program else None
    if program is None or settings is None:
        return None
    options, variables = settings
    # One package after the other, so that an interruption loses only one of the large ones.
    ours = {"UV_CONCURRENT_DOWNLOADS": "1"} | (
        {"UV_CACHE_DIR": str(own / "cache")} if fetched else {}
    )
    words = [program, "pip", task, "--python", str(python), *options]
    return words, {**ours, **os.environ, **variables}
