"""Whether only the user can read the connection file, which has the keys."""

from __future__ import annotations

import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from neural_style.asking import ask
from neural_style.doctor.finding import Finding
from neural_style_protocol.paths import Home
from neural_style_protocol.private_folder import close_to_others, is_in_profile

EVERYBODY = ("WD", "BU", "AU", "IU")
"""Windows's short names of groups that hold other users: all, users, those who are logged in."""

ANSWER_SECONDS = 20.0

Rights = Callable[[Path], str]
"""Returns the access rights of a file in Windows's notation, SDDL; empty if they are unknown."""


def check_privacy(
    home: Home, *, system: str = sys.platform, rights: Rights | None = None
) -> Iterator[Finding]:
    """Check the folder with the keys and the file itself, if they are there."""
    if system == "win32":
        yield from _by_rights(home, rights or _rights_of)
        return
    for path, wanted in ((home.run, 0o700), (home.connection_file, 0o600)):
        if path.exists():
            yield _by_mode(path, wanted)


def _by_mode(path: Path, wanted: int) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077:
        return _private(path)
    return Finding(
        "keys",
        "problem",
        f"Other users can open {path} (mode {mode:o}).",
        f"chmod {wanted:o} {path}",
        fix=lambda: path.chmod(wanted),
    )


def _by_rights(home: Home, rights: Rights) -> Iterator[Finding]:
    """Modes say nothing on Windows. In the user's own folder everything is private already."""
    if not home.run.exists():
        return
    listed = "" if is_in_profile(home.run) else rights(home.run)
    if not any(f";;;{group})" in listed for group in EVERYBODY):
        yield _private(home.run)
        return
    yield Finding(
        "keys",
        "problem",
        f"Other users can open {home.run}.",
        "Run neural-style doctor --fix.",
        fix=lambda: close_to_others(home.run),
    )


def _private(path: Path) -> Finding:
    return Finding("keys", "ok", f"{path} is yours alone.")


def _rights_of(path: Path) -> str:
    with tempfile.TemporaryDirectory(prefix="neural-style-") as folder:
        listing = Path(folder) / "rights"
        ask(["icacls", str(path), "/save", str(listing)], ANSWER_SECONDS)
        try:
            return listing.read_text(encoding="utf-16")
        except (OSError, UnicodeError):
            return ""
