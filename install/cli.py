"""The options of install.sh, and the order of its steps; for developers it starts `scripts`."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from install import bundle, environment, launcher, plugin, sample, service
from install.console import InstallError, complain, say, step, warn
from install.environment import Environment, Packages
from install.manifest import Manifest, make_folder, uninstall
from install.places import Places
from install.torch_build import KINDS
from neural_style_protocol.paths import VARIABLE


def main(checkout: Path, words: Sequence[str]) -> int:
    """Do what the command line asks; the exit status."""
    options = parser().parse_args(words)
    if os.name != "posix" or sys.platform == "darwin":
        complain("This installer is for Linux.")
        return 1
    try:
        return _dispatch(checkout, options)
    except InstallError as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("Stopped. Run it again to go on where it was.")
    return 1


def parser() -> argparse.ArgumentParser:
    """The options of install.sh."""
    made = argparse.ArgumentParser(
        prog="install.sh",
        description="Set up Neural Style for GIMP for this user: the environment, the weights, the "
        "plug-in in every GIMP 3, and the command neural-style. Run it again to upgrade.",
        epilog="NEURAL_STYLE_HOME moves everything that is written; NEURAL_STYLE_PYTHON names the "
        "Python to use. pip's own variables (PIP_INDEX_URL, proxies, certificates) are honoured.",
    )
    task = made.add_mutually_exclusive_group()
    task.add_argument("--uninstall", action="store_true", help="remove what was made")
    task.add_argument(
        "--plugin-into",
        metavar="DIR",
        type=Path,
        help="copy the plug-in of this installation into one more plug-ins folder of a GIMP",
    )
    task.add_argument(
        "--bundle",
        metavar="DIR",
        type=Path,
        help="make a folder from which ./install.sh works on a machine without a network",
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
        help="set up what the tests need, apart from any installation, and run them",
    )
    made.add_argument(
        "--service",
        action="store_true",
        help="also have systemd keep the daemon running for this user; without it, the daemon is "
        "started when it is needed",
    )
    made.add_argument(
        "--packages-from",
        metavar="ENVIRONMENT",
        type=Path,
        help="take the packages of this Python environment over instead of downloading them",
    )
    torch = made.add_mutually_exclusive_group()
    torch.add_argument(
        "--torch",
        choices=KINDS,
        help="the build of PyTorch: for the processor alone, for NVIDIA cards, or for AMD cards; "
        "without this, the one for the graphics card that is seen",
    )
    torch.add_argument(
        "--torch-index", metavar="URL", help="get PyTorch from this package index instead"
    )
    return made


def _dispatch(checkout: Path, options: argparse.Namespace) -> int:
    if options.test is not None:
        from scripts import testing

        return testing.run_tests(checkout, options.test)
    if options.release is not None:
        from scripts import release

        release.make(checkout, _whole(options.release))
        return 0
    places = Places.find()
    source = options.packages_from and _whole(options.packages_from)
    packages = Packages(checkout, source, options.torch, options.torch_index)
    if options.uninstall:
        _uninstall(places)
    elif options.plugin_into is not None:
        _plugin_into(places, options.plugin_into)
    elif options.bundle is not None:
        from scripts import bundle as new_bundle

        new_bundle.make(packages, _whole(options.bundle))
    else:
        _install(places, packages, with_service=options.service)
    return 0


def _whole(path: Path) -> Path:
    return path.expanduser().resolve()


def _install(places: Places, packages: Packages, *, with_service: bool) -> None:
    manifest = Manifest.read(places.manifest)
    if not places.manifest.exists():
        manifest = Manifest.of_first_install(places)
    manifest = manifest.adding(folders=make_folder(places.root))
    manifest.write(places.manifest)
    with _only_one(places):
        if bundle.is_one(packages.checkout):
            bundle.use(packages.checkout, places.root)
        fresh = environment.make_next(places, packages)
        plugin.make_next(places, packages.checkout, fresh)
        launcher.stop_daemon(environment.in_use(places), places)
        picture = _prove(fresh, places)
        environment.put_in_use(fresh, places)
        environment.remove_others(fresh, places)
        plugin.put_in_use(places)
        manifest = plugin.install_into_every_gimp(places, manifest)
        manifest.write(places.manifest)
        manifest = launcher.make(places, manifest)
        manifest.write(places.manifest)
        if with_service or service.is_there(places):
            manifest = service.make(places, manifest)
            manifest.write(places.manifest)
    step("Done")
    say(f"A stylised picture: {picture}")
    say(f"Command:            {launcher.how_to_call(places)}")
    say("In GIMP:            Filters > Neural Style… (restart GIMP if it is open)")


def _prove(fresh: Environment, places: Places) -> Path:
    """See the new environment paint a picture; until it has, the one before stays in use.

    Raises:
        InstallError: it did not.
    """
    try:
        launcher.fetch_weights(fresh, places)
        return sample.stylise(fresh, places)
    except InstallError:
        launcher.stop_daemon(fresh, places)
        if environment.in_use(places) is not None:
            warn("The version before this one stays in use")
        raise


def _uninstall(places: Places) -> None:
    if not places.manifest.exists():
        raise InstallError(
            f"Nothing is installed in {places.root}.",
            f"If it was installed elsewhere, set {VARIABLE} to that folder.",
        )
    step(f"Removing what was installed in {places.root}")
    with _only_one(places):
        service.stop(places)
        launcher.stop_daemon(environment.in_use(places), places)
        uninstall(places)


def _plugin_into(places: Places, folder: Path) -> None:
    target = plugin.check_folder(folder)
    if not places.plugin.is_dir():
        raise InstallError(f"Nothing is installed in {places.root}.", "Run ./install.sh first.")
    manifest = plugin.install_into(target, places, Manifest.read(places.manifest))
    manifest.write(places.manifest)


@contextmanager
def _only_one(places: Places) -> Iterator[None]:
    """Keep a second installer out of the same home folder.

    Raises:
        InstallError: there is one.
    """
    with places.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InstallError(
                f"Another ./install.sh is at work in {places.root}.", "Wait until it has ended."
            ) from error
        yield
