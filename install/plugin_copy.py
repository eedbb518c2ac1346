"""Make a copy of the plug-in with everything that it needs except the daemon."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from install.console import run
from install.environment import Environment
from install.install_paths import COMMAND
from neural_style import plugin_copies

MSGPACK = "msgpack>=1.1,<2"
"""What the plug-in needs besides GIMP's Python, in the range of pyproject.toml."""

VENDORED = ("pyzmq>=26.2,<28", MSGPACK)
"""The same with what a direct link needs, which a GIMP in a sandbox has in place of the bridge."""

DEFAULT_PYTHON = (3, 13)
"""pyzmq's wheel for this version works for 3.12 and later; msgpack falls back to pure Python."""

PROTOCOL = "neural_style_protocol"


def make(
    target: Path,
    checkout: Path,
    environment: Environment,
    *,
    home: str,
    command: str,
    python: tuple[int, int] = DEFAULT_PYTHON,
    universal: bool = False,
) -> None:
    """Make the folder ``target``, which can be copied into a plug-ins folder.

    Args:
        environment: the environment whose pip downloads the packages.
        home: the folder of the daemon's installation; may begin with ``~``. Empty for each
            system's usual one.
        command: the program that starts the daemon; may begin with ``~``.
        python: the version of the Python that GIMP will run the plug-in with.
        universal: for every system and Python, with nothing compiled in it and so no direct link.

    Raises:
        InstallError: the packages for GIMP's Python cannot be downloaded.
    """
    shutil.rmtree(target, ignore_errors=True)
    plugin_copies.begin(checkout / "gimp_plugin" / COMMAND, target)
    packages = (MSGPACK,) if universal else VENDORED
    _fill_vendor(target / "vendor", checkout, environment, python, packages)
    if universal:
        _remove_compiled(target / "vendor")
    plugin_copies.complete(target, home, command)


def wheel_options(python: tuple[int, int]) -> list[str]:
    """pip's options to choose wheels for another version of Python on this kind of machine."""
    machine = platform.machine()
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in (28, 26, 17)]
    return [
        *("--no-deps", "--python-version", ".".join(map(str, python)), "--implementation", "cp"),
        *("--only-binary=:all:", *platforms, f"--platform=manylinux2014_{machine}"),
    ]


def _fill_vendor(
    vendor: Path,
    checkout: Path,
    environment: Environment,
    python: tuple[int, int],
    packages: tuple[str, ...],
) -> None:
    pip: list[str | Path] = [environment.python, "-I", "-m", "pip", "install", "--quiet"]
    run(
        [*pip, "--target", vendor, *wheel_options(python), *packages],
        failure="The packages for GIMP's Python could not be installed",
        next_step="Look at what pip says above, then run ./install.sh again.",
    )
    shutil.copytree(
        checkout / "shared" / PROTOCOL,
        vendor / PROTOCOL,
        ignore=shutil.ignore_patterns("__pycache__"),
    )


def _remove_compiled(vendor: Path) -> None:
    """Remove what was compiled for one system."""
    for pattern in plugin_copies.COMPILED:
        for path in vendor.rglob(pattern):
            path.unlink()
