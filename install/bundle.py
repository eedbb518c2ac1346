"""Install from a bundle: a checkout that contains every package, for machines without a network."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from install.console import InstallError, say
from install.environment import check_room

WHEELS, MADE_FOR = "wheels", "made-for"
"""The folder of packages, and the file in it that names the Python and machine they are for."""

UNPACKED = 2.5
"""Installed packages take at most this many times the space of their wheels."""


def is_bundle(checkout: Path) -> bool:
    """Whether this checkout was made by ``./install.sh --bundle``."""
    return (checkout / WHEELS / MADE_FOR).is_file()


def use(checkout: Path, root: Path) -> None:
    """Make pip, wherever it is started from now on, take packages from this bundle alone.

    Raises:
        InstallError: the bundle is for another Python or another kind of machine, or the disk of
            ``root`` has too little space.
    """
    made_for = (checkout / WHEELS / MADE_FOR).read_text(encoding="utf-8").strip()
    if made_for != this_machine():
        wanted, found = description(made_for), description(this_machine())
        raise InstallError(
            f"This bundle is for {wanted}; this is {found}.",
            "Set NEURAL_STYLE_PYTHON to such a Python, or make a bundle with this one.",
        )
    check_room(root, UNPACKED * size_in_gb(checkout / WHEELS))
    say(f"All packages come from {checkout / WHEELS}; no network is needed.")
    os.environ["PIP_NO_INDEX"] = "1"
    # A URI, because pip splits this variable at spaces.
    os.environ["PIP_FIND_LINKS"] = (checkout / WHEELS).as_uri()


def this_machine() -> str:
    """This Python and machine, in the form of the bundle's file: ``3.13 x86_64``."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}"


def description(made_for: str) -> str:
    """The same for the user: ``Python 3.13 on x86_64``."""
    version, _, machine = made_for.partition(" ")
    return f"Python {version} on {machine}"


def size_in_gb(wheels: Path) -> float:
    """The size of the wheels in a bundle's folder."""
    return sum(file.stat().st_size for file in wheels.iterdir()) / 1e9
