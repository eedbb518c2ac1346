"""What in the surroundings of an installation makes trouble, and a sentence for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import psutil

from neural_style.setup.errors import SetupError
from neural_style_protocol.paths import VARIABLE, Home
from neural_style_protocol.phrases import Phrase

LONGEST_PATH = 259
"""The longest path that most programs of Windows can open."""

LONGEST_IN_HOME = 70
"""The longest name of a file that the daemon makes, relative to its home."""

ONEDRIVE = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
OF_INSTALL_SH = "installed.json"


def check_owner(home: Home) -> None:
    """Check that ``home`` is not that of ./install.sh.

    Raises:
        SetupError: it is.
    """
    if (home.root / OF_INSTALL_SH).is_file():
        raise SetupError(
            "./install.sh has put Neural Style into {folder} already.",
            next_step="Run ./install.sh again to upgrade that, or with --uninstall first.",
            folder=home.root,
        )


def check_home(home: Home, system: str = sys.platform) -> None:
    """Check that the set-up can use ``home``.

    Raises:
        SetupError: ./install.sh uses it, or the names of its files would be too long.
    """
    check_owner(home)
    check_length(home.root, LONGEST_IN_HOME, system)


def check_length(folder: Path, longest: int, system: str = sys.platform) -> None:
    """Check that a name of ``longest`` characters fits into ``folder``.

    Raises:
        SetupError: Windows could not open it.
    """
    length = len(str(folder)) + 1 + longest
    if system == "win32" and length > LONGEST_PATH:
        raise SetupError(
            "The path of {folder} is too long: Windows opens files with up to {most} characters, "
            "and there would be some with {length}.",
            next_step="Set {variable} to a folder with a shorter path, such as C:\\neural-style.",
            folder=folder,
            most=LONGEST_PATH,
            length=length,
            variable=VARIABLE,
        )


def longest_name_in(folder: Path) -> int:
    """The length of the longest path inside ``folder``, relative to it."""
    return max((len(str(path.relative_to(folder))) for path in folder.rglob("*")), default=0)


def warnings(
    folders: Iterable[Path],
    *,
    environment: Mapping[str, str] = os.environ,
    programs: Iterable[str] | None = None,
) -> Iterator[Phrase]:
    """What may make trouble later.

    Args:
        folders: the home and GIMP's folders for plug-ins.
        environment: the variables of the user.
        programs: the names of the programs that run now.
    """
    clouds = [Path(environment[name]) for name in ONEDRIVE if environment.get(name)]
    for folder in folders:
        if any(cloud in (folder, *folder.parents) for cloud in clouds):
            yield Phrase(
                "{folder} is in OneDrive, which may move files away while they are used. "
                "Keep it on this computer always, or use a folder outside.",
                {"folder": str(folder)},
            )
    names = _running_programs() if programs is None else programs
    if any(name.lower().startswith("gimp") for name in names):
        yield Phrase("GIMP is open. It uses the new plug-in when you start it again.", {})


def about_proxies(environment: Mapping[str, str] = os.environ) -> str:
    """What to try when nothing can be downloaded."""
    if any(environment.get(name) for name in PROXIES):
        return "Check the network and the proxy, then run `neural-style setup` again."
    return (
        "Check the network. Behind a proxy, set HTTPS_PROXY, then run `neural-style setup` again."
    )


def _running_programs() -> Iterator[str]:
    for process in psutil.process_iter(["name"]):
        yield process.info["name"] or ""
