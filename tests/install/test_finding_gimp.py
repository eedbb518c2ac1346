"""Every GIMP 3 of a user is found, however it is packaged, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from neural_style import gimps
from programs import script


@pytest.fixture
def user(tmp_path: Path) -> dict[str, str]:
    """The variables of a user with an empty home and nothing on the search path."""
    (tmp_path / "bin").mkdir()
    return {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}


def install_gimp(user: dict[str, str], name: str, version: str, *, folder: str = "bin") -> Path:
    """A program that answers ``--version`` as GIMP does."""
    program = Path(user["HOME"]) / folder / name
    return script(program, f"echo GNU Image Manipulation Program version {version}")


def configurations(user: dict[str, str]) -> list[str]:
    """The plug-ins folders found, relative to the user's home."""
    found = gimps.find_plugin_folders(gimps.find_programs(user), user)
    return [folder.path.relative_to(user["HOME"]).as_posix() for folder in found]


def make(user: dict[str, str], *folders: str) -> None:
    for folder in folders:
        (Path(user["HOME"]) / folder).mkdir(parents=True)


def test_no_gimp_gives_no_folder(user: dict[str, str]) -> None:
    assert configurations(user) == []


def test_each_series_has_its_own_folder(user: dict[str, str]) -> None:
    make(user, ".config/GIMP/3.0", ".config/GIMP/3.2")
    assert configurations(user) == [".config/GIMP/3.0/plug-ins", ".config/GIMP/3.2/plug-ins"]


def test_gimp_2_and_unrelated_folders_are_skipped(user: dict[str, str]) -> None:
    make(user, ".config/GIMP/2.10", ".config/GIMP/3.0-old", ".config/GIMP/backup")
    assert configurations(user) == []


def test_flatpak_keeps_its_configuration_elsewhere(user: dict[str, str]) -> None:
    make(user, ".var/app/org.gimp.GIMP/config/GIMP/3.2")
    assert configurations(user) == [".var/app/org.gimp.GIMP/config/GIMP/3.2/plug-ins"]


def test_one_folder_with_two_names_is_found_once(user: dict[str, str]) -> None:
    make(user, ".config/GIMP/3.0", ".var/app/org.gimp.GIMP/config")
    link = Path(user["HOME"]) / ".var/app/org.gimp.GIMP/config/GIMP"
    link.symlink_to(Path(user["HOME"]) / ".config/GIMP")
    assert configurations(user) == [".config/GIMP/3.0/plug-ins"]


def test_the_variables_of_gimp_and_xdg_are_used(user: dict[str, str]) -> None:
    make(user, "mine", "settings/GIMP/3.0", ".config/GIMP/3.0")
    home = user["HOME"]
    user |= {"GIMP3_DIRECTORY": f"{home}/mine", "XDG_CONFIG_HOME": f"{home}/settings"}
    assert configurations(user) == ["mine/plug-ins", "settings/GIMP/3.0/plug-ins"]


def test_a_gimp_that_never_started_gets_the_folder_it_will_create(user: dict[str, str]) -> None:
    install_gimp(user, "gimp-console", "3.0.4")
    assert configurations(user) == [".config/GIMP/3.0/plug-ins"]
    assert not (Path(user["HOME"]) / ".config").exists()


def test_one_program_with_two_names_is_found_once(user: dict[str, str]) -> None:
    for name in ("gimp", "gimp-3.0", "gimp-console-3.0"):
        install_gimp(user, name, "3.0.4")
    assert [program.name for program in gimps.find_programs(user)] == ["GIMP 3.0.4 (distribution)"]


def test_gimp_2_is_named_and_gets_no_folder(user: dict[str, str]) -> None:
    install_gimp(user, "gimp", "2.10.36")
    assert [program.series for program in gimps.find_programs(user)] == ["2.10"]
    assert configurations(user) == []


def test_snap_is_named_and_gets_no_folder(user: dict[str, str]) -> None:
    install_gimp(user, "gimp", "3.0.4", folder="snap/bin")
    user["PATH"] += f":{user['HOME']}/snap/bin"
    assert [program.packaging for program in gimps.find_programs(user)] == ["Snap"]
    assert configurations(user) == []


@pytest.mark.parametrize("lines", ["exit 1", "echo nonsense", "echo version 3.0.4; exit 3"])
def test_a_program_that_is_not_gimp_is_skipped(user: dict[str, str], lines: str) -> None:
    script(Path(user["HOME"]) / "bin" / "gimp", lines)
    assert gimps.find_programs(user) == ()


def test_flatpak_is_asked_for_its_version_if_it_has_gimp(user: dict[str, str]) -> None:
    """Its GIMP uses the usual configuration folder, unless it has its own already."""
    script(Path(user["HOME"]) / "bin" / "flatpak", "echo; echo '        Version: 3.2.6'")
    assert gimps.find_programs(user) == ()
    make(user, ".local/share/flatpak/app/org.gimp.GIMP")
    (program,) = gimps.find_programs(user)
    assert (program.version, program.packaging) == ((3, 2, 6), "Flatpak")
    assert configurations(user) == [".config/GIMP/3.2/plug-ins"]


@pytest.mark.parametrize(
    "place",
    [
        "Applications/GIMP-3.0.4-x86_64.AppImage",
        "Downloads/gimp_3.0.4-1_amd64.appimage",
        "GIMP-3.0.4-RC1-x86_64.AppImage",
        "bin/GIMP-3.0.4-x86_64.AppImage",
    ],
)
def test_an_appimage_is_recognised_by_its_name(user: dict[str, str], place: str) -> None:
    file = Path(user["HOME"]) / place
    file.parent.mkdir(exist_ok=True)
    file.write_text("not to be started")
    (program,) = gimps.find_programs(user)
    assert (program.version, program.packaging) == ((3, 0, 4), "AppImage")
    assert program.command == (str(file),)
    assert configurations(user) == [".config/GIMP/3.0/plug-ins"]


def test_an_appimage_on_the_path_may_have_another_name(user: dict[str, str]) -> None:
    image = install_gimp(user, "GIMP-3.0.4-x86_64.AppImage", "3.0.4", folder="Applications")
    (Path(user["HOME"]) / "bin" / "gimp").symlink_to(image)
    assert [program.packaging for program in gimps.find_programs(user)] == ["AppImage"]


@pytest.mark.parametrize("name", ["Krita-5.2.AppImage", "gimp-plugin.AppImage", "GIMP-3.0.4.zip"])
def test_other_files_are_not_gimp_appimages(user: dict[str, str], name: str) -> None:
    (Path(user["HOME"]) / name).touch()
    assert gimps.find_programs(user) == ()
