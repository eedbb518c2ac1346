"""What the person in front of install.sh reads, and how a step says that it failed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class InstallError(Exception):
    """A step that failed: the sentence to show, and what to do next."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(f"{sentence} {next_step}".strip())


def step(text: str) -> None:
    """Announce the step that begins."""
    print(f"\n==> {text}", flush=True)


def say(text: str) -> None:
    """One line of information."""
    print(f"    {text}", flush=True)


def warn(text: str) -> None:
    """Something that the person should know, but that stops nothing."""
    print(f"    ! {text}", flush=True)


def complain(text: str) -> None:
    """Why the installation ends here."""
    print(f"\ninstall.sh: {text}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    failure: str,
    next_step: str = "",
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> None:
    """Run a command whose output the person sees; if ``quiet`` only what it says of errors.

    Raises:
        InstallError: it ended with another status than 0, or could not be run.
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
