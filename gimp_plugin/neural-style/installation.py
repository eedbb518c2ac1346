"""The files that the set-up put beside the plug-in: vendored packages, and a record."""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from words import _

if TYPE_CHECKING:
    from neural_style_protocol.paths import Home

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "vendor"
LOCALE = HERE / "locale"
HELP = HERE / "help"
ICON = HERE / "icon.png"
RECORD = HERE / "install.json"
SANDBOX = Path("/.flatpak-info")
"""Flatpak makes this file. The programs of the host cannot be started in there."""


OF_SETUP = "setup.json"
"""The file in the folder of Neural Style of those who ran ``neural-style setup``."""


class NotInstalled(Exception):
    """A part of the installation is missing; the text says what to do."""


@dataclass(frozen=True)
class Installation:
    """The home folder of Neural Style, and the command that starts the daemon."""

    home: Home
    command: tuple[str, ...]


def is_sandboxed() -> bool:
    """Whether GIMP runs where it cannot start the programs that are installed."""
    return SANDBOX.exists()


def use_vendor_folder() -> None:
    """Make the packages in vendor/ importable; they take precedence over others."""
    if str(VENDOR) not in sys.path:
        sys.path.insert(0, str(VENDOR))


def setup_command(home: Path | None, system: str = sys.platform) -> str:
    """What a person runs to set Neural Style up again.

    This is here again because the package that also knows it may be what is missing.

    Args:
        home: the folder of Neural Style, if it is known.
    """
    by_itself = system != "linux" or (home is not None and (home / OF_SETUP).is_file())
    return "neural-style setup" if by_itself else _("./install.sh in the folder of Neural Style")


def recorded_home() -> Path | None:
    """The folder of Neural Style that the record names; None if it names none."""
    try:
        return _home_in(_record())
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None


def _record() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def _home_in(record: dict[str, Any]) -> Path | None:
    return Path(record["home"]).expanduser() if record["home"] else None


def check_packages() -> None:
    """Import each package that the plug-in needs; ZeroMQ only where there can be no bridge.

    Raises:
        NotInstalled: a package is missing or does not work with this Python.
    """
    use_vendor_folder()
    of_the_direct_link = ("zmq",) if is_sandboxed() else ()
    for name in (*of_the_direct_link, "msgpack", "neural_style_protocol"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise NotInstalled(
                _(
                    "Neural Style is not fully installed: GIMP's Python {version} cannot load "
                    "“{package}” ({error}). Run {setup}, then start GIMP again."
                ).format(
                    version=".".join(map(str, sys.version_info[:2])),
                    package=name,
                    error=error,
                    setup=setup_command(recorded_home()),
                )
            ) from error


def read() -> Installation:
    """Read where the daemon is. ``NEURAL_STYLE_HOME`` overrides the recorded folder.

    A record without a folder means this system's usual one.

    Raises:
        NotInstalled: install.json is missing or damaged.
    """
    from neural_style_protocol.paths import VARIABLE, Home

    try:
        record = _record()
        recorded = _home_in(record)
        command = tuple(os.path.expanduser(word) for word in record["command"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotInstalled(
            _(
                "Neural Style does not know where its daemon is: {file} cannot be read. Run "
                "{setup} again."
            ).format(file=RECORD, setup=setup_command(None))
        ) from error
    if recorded is None or os.environ.get(VARIABLE):
        return Installation(Home.find(), command)
    return Installation(Home(recorded), command)
