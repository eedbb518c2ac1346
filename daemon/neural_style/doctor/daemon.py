"""Checks of the daemon and of the command ``neural-style``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from neural_style.doctor.finding import Finding
from neural_style_protocol import __version__
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonUnreachable, NeuralStyleError
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home

COMMAND = "neural-style"


def check_daemon(home: Home) -> Iterator[Finding]:
    """Whether the daemon runs, answers and has this version; whether the command is on PATH."""
    yield _daemon(home)
    yield _command()


def _daemon(home: Home) -> Finding:
    if not home.connection_file.exists():
        return Finding("daemon", "ok", "Not running; it starts when it is needed.")
    try:
        connection = Connection.read(home.connection_file)
    except NeuralStyleError as error:
        return _stale(home, error.sentence)
    try:
        with connect(home, name="neural-style doctor") as client:
            status = client.status()
    except DaemonUnreachable:
        return _stale(home, "A daemon that is gone has left its connection file.")
    except NeuralStyleError as error:
        return Finding("daemon", "problem", error.sentence, "Run neural-style restart.")
    if connection.version != __version__:
        sentence = f"The daemon is of version {connection.version}, the command of {__version__}."
        return Finding("daemon", "problem", sentence, "Run neural-style restart.")
    if status.problem:
        return Finding("daemon", "problem", status.problem, "Run neural-style restart.")
    where = f", on {status.device}" if status.device else ""
    return Finding("daemon", "ok", f"Running as process {status.pid}{where}.")


def _stale(home: Home, sentence: str) -> Finding:
    return Finding(
        "daemon",
        "warning",
        sentence,
        f"Remove {home.connection_file}; the daemon makes a new one when it starts.",
        fix=lambda: home.connection_file.unlink(missing_ok=True),
    )


def _command() -> Finding:
    found = shutil.which(COMMAND)
    if found is None:
        folder = Path.home() / ".local" / "bin"
        return Finding(
            "command",
            "warning",
            f"{COMMAND} is not on your PATH.",
            f"Add its folder to PATH in your shell's start-up file, usually {folder}.",
        )
    if _starts_this_environment(Path(found)):
        return Finding("command", "ok", f"{found} starts this installation.")
    return Finding(
        "command",
        "warning",
        f"{found} is another {COMMAND}, before this one on your PATH.",
        "Remove it, or put this installation's folder before it on PATH.",
    )


def _starts_this_environment(found: Path) -> bool:
    """Whether ``found`` is this environment's entry point, or the installer's script for it."""
    python = os.path.realpath(Path(sys.executable).parent)
    if os.path.realpath(found.parent) == python:
        return True
    try:
        words = found.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return False
    return any(os.path.realpath(os.path.dirname(word)) == python for word in words if "/" in word)
