"""Find every GIMP 3 of this user: the programs, and their plug-ins folders.

Standard library only: the installer uses this before there is an environment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from neural_style import gimp_places
from neural_style.asking import ask
from neural_style.gimp_places import InstalledGimp

PROGRAMS = (
    *("gimp-console-3.2", "gimp-console-3.0", "gimp-console", "gimp-3.2", "gimp-3.0", "gimp-3"),
    "gimp",
)
FLATPAK = "org.gimp.GIMP"
APP_IMAGE_FOLDERS = ("Applications", "AppImages", "Downloads", "bin", ".local/bin", "")
"""Folders in the home folder that may contain AppImages; the search path is searched too."""

SYSTEM_PYTHON = Path("/usr/bin/python3")
ANSWER_SECONDS = 20.0

_VERSION = re.compile(r"version (\d+)\.(\d+)\.(\d+)")
_APP_IMAGE = re.compile(r"gimp[-_]?v?(\d+)\.(\d+)\.(\d+).*\.appimage", re.IGNORECASE)
_VERSION_FOLDER = re.compile(r"3\.\d+")


@dataclass(frozen=True)
class GimpProgram:
    """A GIMP that can be started: its command line, its version, and how it was packaged."""

    command: tuple[str, ...]
    version: tuple[int, int, int]
    packaging: str

    @property
    def series(self) -> str:
        """The name of its configuration folder: ``3.0``."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def name(self) -> str:
        return f"GIMP {'.'.join(map(str, self.version))} ({self.packaging})"


@dataclass(frozen=True)
class PluginFolder:
    """A plug-ins folder of a GIMP 3."""

    path: Path
    belongs_to: str

    @property
    def plugin(self) -> Path:
        """The folder of our plug-in, which must have the name of its file."""
        return self.path / "neural-style"


def find_programs(
    environment: Mapping[str, str] | None = None, system: str = sys.platform
) -> tuple[GimpProgram, ...]:
    """Every GIMP of this user; includes GIMP 2.

    On Linux those on the search path, from Flatpak and as an AppImage; on Windows and macOS those
    that are installed.
    """
    variables = os.environ if environment is None else environment
    home = _home(variables)
    if system == "win32":
        return _unique(gimp_places.on_windows(variables))
    if system == "darwin":
        return _unique(gimp_places.on_macos(home))
    found: dict[str, GimpProgram] = {}
    for name in PROGRAMS:
        path = shutil.which(name, path=variables.get("PATH"))
        if path is None:
            continue
        program = _ask((path,), _packaging(path))
        if program is not None:
            found.setdefault(f"{program.packaging} {program.version}", program)
    if any((base / "app" / FLATPAK).is_dir() for base in _flatpak_bases(home)):
        flatpak = shutil.which("flatpak", path=variables.get("PATH"))
        program = _flatpak_program(flatpak) if flatpak else None
        if program is not None:
            found["flatpak"] = program
    for program in _app_images(home, variables.get("PATH", "")):
        found.setdefault(f"{program.packaging} {program.version}", program)
    return tuple(found.values())


def _unique(installed: Iterable[InstalledGimp]) -> tuple[GimpProgram, ...]:
    found: dict[Path, GimpProgram] = {}
    for gimp in installed:
        program = GimpProgram((str(gimp.program),), gimp.version, gimp.packaging)
        found.setdefault(gimp.program.resolve(), program)
    return tuple(found.values())


def find_plugin_folders(
    programs: tuple[GimpProgram, ...],
    environment: Mapping[str, str] | None = None,
    system: str = sys.platform,
) -> tuple[PluginFolder, ...]:
    """The plug-ins folder of each GIMP 3, whether or not it exists.

    These are the configuration folders that exist, that of ``GIMP3_DIRECTORY``, and the one that
    each of ``programs`` will create at its first start. A folder with two names is returned once.
    """
    variables = os.environ if environment is None else environment
    home = _home(variables)
    folders: dict[Path, PluginFolder] = {}
    for config, belongs_to in _configurations(home, programs, variables, system):
        folders.setdefault(config.resolve(), PluginFolder(config / "plug-ins", belongs_to))
    return tuple(folders.values())


def _configurations(
    home: Path, programs: tuple[GimpProgram, ...], variables: Mapping[str, str], system: str
) -> Iterator[tuple[Path, str]]:
    chosen = variables.get("GIMP3_DIRECTORY")
    if chosen:
        yield Path(chosen).expanduser(), "GIMP3_DIRECTORY"
    parents = list(_settings_folders(home, variables, system))
    for parent, packaging in parents:
        for config in sorted(parent.glob("3.*")):
            if config.is_dir() and _VERSION_FOLDER.fullmatch(config.name):
                yield config, f"{packaging} {config.name}"
    for program in programs:
        if program.version[0] == 3 and program.packaging not in ("Snap", gimp_places.STORE):
            # Flatpak links GIMP's own folder to the usual one, unless it exists already.
            yield parents[0][0] / program.series, program.name


def _settings_folders(
    home: Path, variables: Mapping[str, str], system: str
) -> Iterator[tuple[Path, str]]:
    """The folders with one folder for each series of GIMP; the usual one first."""
    if system == "win32":
        yield from gimp_places.configurations_on_windows(variables)
    elif system == "darwin":
        yield from gimp_places.configurations_on_macos(home)
    else:
        yield Path(variables.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP", "GIMP"
        yield home / ".var" / "app" / FLATPAK / "config" / "GIMP", "GIMP from Flatpak"


def python_of_distribution_gimp() -> tuple[int, int] | None:
    """The version of the Python that runs plug-ins of a distribution's GIMP; None without one."""
    done = _answer((str(SYSTEM_PYTHON), "-I", "-c", "import sys; print(*sys.version_info[:2])"))
    words = done.split()
    return (int(words[0]), int(words[1])) if len(words) == 2 else None


def system_python_has_gi() -> bool:
    """Whether the system's Python can load GIMP's bindings; without that no plug-in starts."""
    return _answer((str(SYSTEM_PYTHON), "-I", "-c", "import gi; print('yes')")).strip() == "yes"


def _home(variables: Mapping[str, str]) -> Path:
    return Path(variables.get("HOME") or variables.get("USERPROFILE") or Path.home())


def _flatpak_bases(home: Path) -> tuple[Path, ...]:
    return (home / ".local" / "share" / "flatpak", Path("/var/lib/flatpak"))


def _packaging(path: str) -> str:
    if "/snap/" in path:
        return "Snap"
    return "AppImage" if os.path.realpath(path).lower().endswith(".appimage") else "distribution"


def _app_images(home: Path, search_path: str) -> Iterator[GimpProgram]:
    """AppImages, found by name: starting one may fail for lack of a library."""
    folders = [home / name for name in APP_IMAGE_FOLDERS]
    folders += [Path(name) for name in search_path.split(os.pathsep) if name]
    for folder in dict.fromkeys(folders):
        for path in sorted(folder.glob("*.[Aa]pp[Ii]mage")):
            match = _APP_IMAGE.fullmatch(path.name)
            if match is not None:
                version = (int(match[1]), int(match[2]), int(match[3]))
                yield GimpProgram((str(path),), version, "AppImage")


def _ask(command: tuple[str, ...], packaging: str) -> GimpProgram | None:
    match = _VERSION.search(_answer((*command, "--version")))
    if match is None:
        return None
    version = (int(match[1]), int(match[2]), int(match[3]))
    return GimpProgram(command, version, packaging)


def _flatpak_program(flatpak: str) -> GimpProgram | None:
    match = re.search(r"Version:\s*(\d+)\.(\d+)\.(\d+)", _answer((flatpak, "info", FLATPAK)))
    if match is None:
        return None
    version = (int(match[1]), int(match[2]), int(match[3]))
    return GimpProgram((flatpak, "run", FLATPAK), version, "Flatpak")


def _answer(command: tuple[str, ...]) -> str:
    """What the command prints; empty if it fails or takes too long."""
    answer = ask(command, ANSWER_SECONDS, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return answer.text if answer.worked else ""
