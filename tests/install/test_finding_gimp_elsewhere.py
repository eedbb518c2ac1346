"""Every GIMP 3 of a user of Windows or macOS is found, in trees that are made up."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from neural_style import gimp_places, gimps
from neural_style.doctor.gimp import _program
from neural_style.gimp_places import InstalledGimp, RegisteredProgram


@pytest.fixture
def windows(tmp_path: Path) -> dict[str, str]:
    """The variables of a user of Windows who has installed nothing."""
    user = tmp_path / "Users" / "Zoë Müller"
    return {
        "USERPROFILE": str(user),
        "APPDATA": str(user / "AppData" / "Roaming"),
        "LOCALAPPDATA": str(user / "AppData" / "Local"),
        "ProgramFiles": str(tmp_path / "Program Files"),
    }


def installed(folder: Path, *names: str) -> Path:
    """A folder with GIMP's programs for Windows."""
    (folder / "bin").mkdir(parents=True)
    for name in names:
        (folder / "bin" / name).touch()
    return folder


def folders_of(programs: tuple[gimps.GimpProgram, ...], variables: dict[str, str]) -> list[str]:
    found = gimps.find_plugin_folders(programs, variables, "win32")
    return [folder.path.relative_to(variables["USERPROFILE"]).as_posix() for folder in found]


def test_a_windows_without_gimp(windows: dict[str, str]) -> None:
    assert gimps.find_programs(windows, "win32") == ()
    assert folders_of((), windows) == []


@pytest.mark.parametrize(("variable", "name"), gimp_places.USUAL_FOLDERS)
def test_gimp_is_found_for_all_users_and_for_one(
    windows: dict[str, str], variable: str, name: str
) -> None:
    folder = installed(Path(windows[variable]) / name, "gimp-3.0.exe", "gimp-console-3.0.exe")
    (program,) = gimps.find_programs(windows, "win32")
    assert program.command == (str(folder / "bin" / "gimp-console-3.0.exe"),)
    assert program.name == "GIMP 3.0.0 (installer)"
    assert folders_of((program,), windows) == ["AppData/Roaming/GIMP/3.0/plug-ins"]


def test_the_registry_knows_a_gimp_in_another_place(
    windows: dict[str, str], tmp_path: Path
) -> None:
    folder = installed(tmp_path / "D" / "Grafik", "gimp-console-3.2.exe")
    registered = [
        RegisteredProgram("GIMP 3.2.4", "3.2.4", str(folder)),
        RegisteredProgram("GIMP 3.0", "not a number", str(folder)),
        RegisteredProgram("Paint", "1.0", str(folder)),
        RegisteredProgram("GIMP 2.10", "2.10.38", str(tmp_path / "gone")),
    ]
    found = list(gimp_places.on_windows(windows, registered))
    program = folder / "bin" / "gimp-console-3.2.exe"
    assert found == [InstalledGimp(program, (3, 2, 4), "installer")]


def test_one_that_is_listed_and_usual_is_found_once(windows: dict[str, str]) -> None:
    folder = installed(Path(windows["ProgramFiles"]) / "GIMP 3", "gimp-console-3.0.exe")
    registered = [RegisteredProgram("GIMP 3.0.4", "3.0.4", str(folder))]
    found = list(gimp_places.on_windows(windows, registered))
    assert len(found) == 2
    (program,) = gimps._unique(found)
    assert program.version == (3, 0, 4)


def test_the_stores_version_has_a_folder_of_its_own(windows: dict[str, str]) -> None:
    package = Path(windows["LOCALAPPDATA"]) / "Packages" / "GIMP.GIMP_abc"
    (package / "LocalCache" / "Roaming" / "GIMP" / "3.0").mkdir(parents=True)
    programs = gimps.find_programs(windows, "win32")
    assert [program.packaging for program in programs] == [gimp_places.STORE]
    private = "AppData/Local/Packages/GIMP.GIMP_abc/LocalCache/Roaming/GIMP/3.0/plug-ins"
    assert folders_of(programs, windows) == [private]


def test_the_doctor_explains_the_stores_version() -> None:
    store = gimps.GimpProgram(("C:/package",), (3, 0, 0), gimp_places.STORE)
    (finding,) = _program(store)
    assert finding.level == "warning"
    assert "neural-style start" in finding.next_step


def test_on_windows_each_series_that_was_started_has_its_folder(windows: dict[str, str]) -> None:
    for name in ("3.0", "3.2", "2.10", "3.0-old"):
        (Path(windows["APPDATA"]) / "GIMP" / name).mkdir(parents=True)
    usual = "AppData/Roaming/GIMP"
    assert folders_of((), windows) == [f"{usual}/3.0/plug-ins", f"{usual}/3.2/plug-ins"]


def application(folder: Path, name: str, version: object) -> None:
    contents = folder / name / "Contents"
    contents.mkdir(parents=True)
    with (contents / "Info.plist").open("wb") as file:
        plistlib.dump({"CFBundleShortVersionString": version}, file)


def test_applications_of_macos_tell_their_version(tmp_path: Path) -> None:
    home, system = tmp_path / "Users" / "ann", tmp_path
    application(system / "Applications", "GIMP.app", "3.0.4")
    application(home / "Applications", "GIMP-3.2.app", "3.2")
    application(system / "Applications", "GIMP-beta.app", "none")
    (system / "Applications" / "GIMP-broken.app").mkdir()
    found = list(gimp_places.on_macos(home, system))
    assert [(gimp.version, gimp.packaging) for gimp in found] == [
        ((3, 0, 4), "application"),
        ((3, 2, 0), "application"),
    ]
    assert found[0].program == system / "Applications/GIMP.app/Contents/MacOS/gimp"


def test_on_macos_settings_are_in_the_library(tmp_path: Path) -> None:
    config = tmp_path / "Library" / "Application Support" / "GIMP" / "3.0"
    config.mkdir(parents=True)
    (folder,) = gimps.find_plugin_folders((), {"HOME": str(tmp_path)}, "darwin")
    assert folder.path == config / "plug-ins"
