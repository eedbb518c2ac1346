"""Installing from a bundle: a checkout that has every package beside it, for want of a network."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from install.console import InstallError, say
from install.environment import check_room

WHEELS, MADE_FOR = "wheels", "made-for"
"""The folder of packages, and the file in it that names the Python and the machine."""

UNPACKED = 2.5
"""How much more room packages take than their wheels, at most."""


def is_one(checkout: Path) -> bool:
    """Whether this checkout was made by ``./install.sh --bundle``."""
    return (checkout / WHEELS / MADE_FOR).is_file()


def use(checkout: Path, root: Path) -> None:
    """Have everything that is started from now on take packages from this bundle alone.

    Raises:
        InstallError: it was made for another Python or another kind of machine, or the disk that
            ``root`` is on has no room for it.
    """
    made_for = (checkout / WHEELS / MADE_FOR).read_text(encoding="utf-8").strip()
    if made_for != this_machine():
        theirs, ours = in_words(made_for), in_words(this_machine())
        raise InstallError(
            f"This bundle is for {theirs}; this is {ours}.",
            "Set NEURAL_STYLE_PYTHON to such a Python, or make a bundle with this one.",
        )
    check_room(root, UNPACKED * gigabytes(checkout / WHEELS))
    say(f"Every package comes from {checkout / WHEELS}; no network is needed.")
    os.environ["PIP_NO_INDEX"] = "1"
    os.environ["PIP_FIND_LINKS"] = (checkout / WHEELS).as_uri()  # an address holds no spaces


def this_machine() -> str:
    """This Python and machine, as the bundle's file says it: ``3.13 x86_64``."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}"


def in_words(made_for: str) -> str:
    """The same for a person to read: ``Python 3.13 on x86_64``."""
    version, _, machine = made_for.partition(" ")
    return f"Python {version} on {machine}"


def gigabytes(wheels: Path) -> float:
    """How much the packages in a bundle's folder take, packed."""
    return sum(file.stat().st_size for file in wheels.iterdir()) / 1e9
