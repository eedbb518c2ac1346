"""Where GIMP 3 is on Windows and macOS: the installed programs, and their configuration folders.

Standard library only: the installer uses this before there is an environment.
"""

from __future__ import annotations

import plistlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"
"""The key of Windows's registry where each installed program has a key of its own."""

USUAL_FOLDERS = (("ProgramFiles", "GIMP 3"), ("LOCALAPPDATA", "Programs/GIMP 3"))
"""Where GIMP's installer puts it, for all users and for one: a variable, and a folder in it."""

STORE = "Microsoft Store"
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_CONSOLE = re.compile(r"gimp-console-(\d+)\.(\d+)\.exe", re.IGNORECASE)

Version = tuple[int, int, int]


@dataclass(frozen=True)
class InstalledGimp:
    """A GIMP of Windows or macOS: the program to start, its version, and where it came from."""

    program: Path
    version: Version
    packaging: str


@dataclass(frozen=True)
class RegisteredProgram:
    """What the registry says of one installed program."""

    name: str
    version: str
    folder: str


def registered_programs() -> list[RegisteredProgram]:
    """Every program that Windows lists, installed for all users or for this one; none elsewhere."""
    found: list[RegisteredProgram] = []
    if sys.platform == "win32":
        import winreg

        for hive in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
            try:
                with winreg.OpenKey(hive, UNINSTALL) as key:
                    names = [winreg.EnumKey(key, i) for i in range(winreg.QueryInfoKey(key)[0])]
            except OSError:
                continue
            for name in names:
                try:
                    with winreg.OpenKey(hive, rf"{UNINSTALL}\{name}") as key:
                        values = (
                            str(winreg.QueryValueEx(key, value)[0])
                            for value in ("DisplayName", "DisplayVersion", "InstallLocation")
                        )
                        found.append(RegisteredProgram(*values))
                except OSError:
                    continue  # a key without one of the three
    return found


def on_windows(
    variables: Mapping[str, str], registered: Iterable[RegisteredProgram] | None = None
) -> Iterator[InstalledGimp]:
    """Every GIMP that Windows lists or that lies in a usual folder, and the Store's."""
    for entry in registered_programs() if registered is None else registered:
        version = _parsed(entry.version)
        if entry.name.startswith("GIMP") and version is not None and entry.folder:
            yield from _in_folder(Path(entry.folder), version)
    for variable, name in USUAL_FOLDERS:
        if variables.get(variable):
            yield from _in_folder(Path(variables[variable]) / name, None)
    for package in _store_packages(variables):
        yield InstalledGimp(package, (3, 0, 0), STORE)


def on_macos(home: Path, system: Path = Path("/")) -> Iterator[InstalledGimp]:
    """Every ``GIMP*.app`` in the folders of applications."""
    for folder in (system / "Applications", home / "Applications"):
        for app in sorted(folder.glob("GIMP*.app")):
            try:
                with (app / "Contents" / "Info.plist").open("rb") as file:
                    text = str(plistlib.load(file).get("CFBundleShortVersionString", ""))
            except (OSError, ValueError, plistlib.InvalidFileException):
                continue
            version = _parsed(text)
            if version is not None:
                yield InstalledGimp(app / "Contents" / "MacOS" / "gimp", version, "application")


def configurations_on_windows(variables: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """GIMP's folders of settings with their packaging, and the Store version's private ones."""
    if variables.get("APPDATA"):
        yield Path(variables["APPDATA"]) / "GIMP", "GIMP"
    for package in _store_packages(variables):
        yield package / "LocalCache" / "Roaming" / "GIMP", f"GIMP from the {STORE}"


def configurations_on_macos(home: Path) -> Iterator[tuple[Path, str]]:
    """GIMP's folder of settings."""
    yield home / "Library" / "Application Support" / "GIMP", "GIMP"


def _in_folder(folder: Path, version: Version | None) -> Iterator[InstalledGimp]:
    """The console's GIMP in an installed one; ``version`` is what the registry says."""
    for path in sorted((folder / "bin").glob("gimp-console-*.exe"), reverse=True):
        match = _CONSOLE.fullmatch(path.name)
        if match is not None:
            yield InstalledGimp(path, version or (int(match[1]), int(match[2]), 0), "installer")
            return


def _store_packages(variables: Mapping[str, str]) -> list[Path]:
    local = variables.get("LOCALAPPDATA")
    return sorted((Path(local) / "Packages").glob("GIMP.*")) if local else []


def _parsed(text: str) -> Version | None:
    match = _VERSION.match(text)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3] or 0))
