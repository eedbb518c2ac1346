"""The options of install.sh, and the order of its steps. Options for developers run `scripts`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from install import bundle, environment, launcher, plugin, sample, service
from install.console import InstallError, print_error, say, step, warn
from install.environment import Environment, Packages
from install.install_paths import InstallPaths
from install.manifest import Manifest, make_folder, uninstall
from install.torch_build import KINDS
from neural_style_protocol.file_lock import LOCKS
from neural_style_protocol.paths import VARIABLE


def main(checkout: Path, words: Sequence[str]) -> int:
    """Run the command line ``words``; returns the exit status."""
    options = parser().parse_args(words)
    if os.name != "posix" or sys.platform == "darwin":
        print_error("This installer is for Linux.")
        return 1
    try:
        return _dispatch(checkout, options)
    except InstallError as error:
        print_error(str(error))
    except KeyboardInterrupt:
        print_error("Stopped. Run it again to continue.")
    return 1


def parser() -> argparse.ArgumentParser:
    """The options of install.sh."""
    made = argparse.ArgumentParser(
        prog="install.sh",
        description="Install Neural Style for GIMP for this user: the Python environment, the "
        "weights, the plug-in for every GIMP 3, and the command neural-style. Run it again to "
        "upgrade.",
        epilog="NEURAL_STYLE_HOME sets the folder to install into; NEURAL_STYLE_PYTHON sets the "
        "Python to use. pip's own variables (PIP_INDEX_URL, proxies, certificates) work too.",
    )
    task = made.add_mutually_exclusive_group()
    task.add_argument("--uninstall", action="store_true", help="remove the installation")
    task.add_argument(
        "--plugin-into",
        metavar="DIR",
        type=Path,
        help="copy the installed plug-in into another plug-ins folder of GIMP",
    )
    task.add_argument(
        "--bundle",
        metavar="DIR",
        type=Path,
        help="make a folder to install from on a machine without a network",
    )
    task.add_argument(
        "--release",
        metavar="DIR",
        type=Path,
        help="for maintainers: put wheel, sdist and the plug-in's zip into a folder",
    )
    task.add_argument(
        "--test",
        nargs=argparse.REMAINDER,
        metavar="PYTEST_OPTION",
        help="for developers: prepare and run the tests; your installation is not changed",
    )
    made.add_argument(
        "--service",
        action="store_true",
        help="also have systemd keep the daemon running; without this, the daemon starts when it "
        "is needed",
    )
    made.add_argument(
        "--packages-from",
        metavar="ENVIRONMENT",
        type=Path,
        help="copy the packages of this Python environment instead of downloading them",
    )
    torch = made.add_mutually_exclusive_group()
    torch.add_argument(
        "--torch",
        choices=KINDS,
        help="the build of PyTorch: for the processor only, for NVIDIA cards, or for AMD cards; "
        "without this, the one for this machine's graphics card",
    )
    torch.add_argument(
        "--torch-index", metavar="URL", help="download PyTorch from this package index instead"
    )
    return made


def _dispatch(checkout: Path, options: argparse.Namespace) -> int:
    if options.test is not None:
        from scripts import testing

        return testing.run_tests(checkout, options.test)
    if options.release is not None:
        from scripts import release

        release.make(checkout, _absolute(options.release))
        return 0
    paths = InstallPaths.find()
    source = options.packages_from and _absolute(options.packages_from)
    packages = Packages(checkout, source, options.torch, options.torch_index)
    if options.uninstall:
        _uninstall(paths)
    elif options.plugin_into is not None:
        _plugin_into(paths, options.plugin_into)
    elif options.bundle is not None:
        from scripts import bundle as new_bundle

        new_bundle.make(packages, _absolute(options.bundle))
    else:
        _install(paths, packages, with_service=options.service)
    return 0


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


def _install(paths: InstallPaths, packages: Packages, *, with_service: bool) -> None:
    manifest = Manifest.read(paths.manifest)
    if not paths.manifest.exists():
        manifest = Manifest.of_first_install(paths)
    manifest = manifest.extended(folders=make_folder(paths.root))
    manifest.write(paths.manifest)
    with _locked(paths):
        if bundle.is_bundle(packages.checkout):
            bundle.use(packages.checkout, paths.root)
        fresh = environment.make_next(paths, packages)
        plugin.make_next(paths, packages.checkout, fresh)
        launcher.stop_daemon(environment.in_use(paths), paths)
        picture = _verify(fresh, paths)
        environment.put_in_use(fresh, paths)
        environment.remove_others(fresh, paths)
        plugin.put_in_use(paths)
        manifest = plugin.install_into_every_gimp(paths, manifest)
        manifest.write(paths.manifest)
        manifest = launcher.make(paths, manifest)
        manifest.write(paths.manifest)
        if with_service or service.is_installed(paths):
            manifest = service.make(paths, manifest)
            manifest.write(paths.manifest)
    step("Done")
    say(f"A stylised picture: {picture}")
    say(f"Command:            {launcher.how_to_call(paths)}")
    say("In GIMP:            Filters > Neural Style… (restart GIMP if it is open)")


def _verify(fresh: Environment, paths: InstallPaths) -> Path:
    """Paint a picture with the new environment; until that works, the old one stays in use.

    Raises:
        InstallError: the picture could not be painted.
    """
    try:
        launcher.fetch_weights(fresh, paths)
        return sample.stylise(fresh, paths)
    except InstallError:
        launcher.stop_daemon(fresh, paths)
        if environment.in_use(paths) is not None:
            warn("The previous version stays in use")
        raise


def _uninstall(paths: InstallPaths) -> None:
    if not paths.manifest.exists():
        raise InstallError(
            f"Nothing is installed in {paths.root}.",
            f"If it was installed elsewhere, set {VARIABLE} to that folder.",
        )
    step(f"Removing what was installed in {paths.root}")
    with _locked(paths):
        service.stop(paths)
        launcher.stop_daemon(environment.in_use(paths), paths)
        uninstall(paths)


def _plugin_into(paths: InstallPaths, folder: Path) -> None:
    target = plugin.check_folder(folder)
    if not paths.plugin.is_dir():
        raise InstallError(f"Nothing is installed in {paths.root}.", "Run ./install.sh first.")
    manifest = plugin.install_into(target, paths, Manifest.read(paths.manifest))
    manifest.write(paths.manifest)


@contextmanager
def _locked(paths: InstallPaths) -> Iterator[None]:
    """Hold the lock of the home folder, so that only one installer works there.

    Raises:
        InstallError: another installer holds it.
    """
    with paths.lock.open("w") as file:
        if not LOCKS.acquire(file):
            raise InstallError(
                f"Another ./install.sh is at work in {paths.root}.", "Wait until it has ended."
            )
        yield
