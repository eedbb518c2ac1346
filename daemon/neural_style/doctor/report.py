"""The text for a bug report, without private data."""

from __future__ import annotations

import getpass
import os
import platform
import re
import socket
from collections.abc import Iterable
from pathlib import Path

from neural_style.doctor.finding import Finding
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.paths import Home

LOG_LINES = 40


def report_text(findings: Iterable[Finding], home: Home) -> str:
    """The findings, the system and the last lines of the logs, in Markdown."""
    lines = ["### neural-style doctor", "", "```text"]
    lines += [f"{f.level:8}{f.part}: {f.sentence} {f.next_step}".rstrip() for f in findings]
    lines += ["```", "", f"{_system()}", ""]
    for log in ("daemon.log", "worker.log"):
        lines += [f"### {log}", "", "```text", *_last_lines(home.logs / log), "```", ""]
    return _redacted("\n".join(lines), home)


def _redacted(text: str, home: Home) -> str:
    """``text`` without the user's name, home folder, host name and keys."""
    for key in _keys(home):
        text = text.replace(key, "(a key)")
    text = text.replace(os.path.expanduser("~"), "~")
    for name, replacement in ((_user(), "(user)"), (socket.gethostname(), "(host)")):
        if name:
            text = re.sub(rf"\b{re.escape(name)}\b", replacement, text)
    return text


def _user() -> str:
    """The user's name; empty if the system does not know the user, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _keys(home: Home) -> tuple[str, ...]:
    try:
        connection = Connection.read(home.connection_file)
    except NeuralStyleError:
        return ()
    return (
        connection.server_public_key,
        connection.client_public_key,
        connection.client_secret_key,
    )


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        name = platform.system()
    return f"{name}, kernel {platform.release()}, {platform.machine()}"


def _last_lines(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return ["(none)"]
