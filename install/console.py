"""What install.sh prints, and the error of a failed step."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class InstallError(Exception):
    """A failed step: the sentence to show, and what to do next."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(f"{sentence} {next_step}".strip())


def step(text: str) -> None:
    """Print the heading of a step."""
    print(f"\n==> {text}", flush=True)


def say(text: str) -> None:
    """Print one line of information."""
    print(f"    {text}", flush=True)


def warn(text: str) -> None:
    """Print a warning; the installation continues."""
    print(f"    ! {text}", flush=True)


def print_error(text: str) -> None:
    """Print the error that ends the installation."""
    print(f"\ninstall.sh: {text}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    failure: str,
    next_step: str = "",
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> None:
    """Run a command and show its output; if ``quiet``, only its standard error.

    Raises:
        InstallError: its exit status is not 0, or it could not be started.
    """
    words = [str(word) for word in command]
    try:
        status = subprocess.run(
            words,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
            check=False,
        ).returncode
    except OSError as error:
        raise InstallError(f"{failure} ({error.strerror}: {words[0]}).", next_step) from error
    if status != 0:
        raise InstallError(f"{failure} (status {status} from: {shlex.join(words)}).", next_step)
