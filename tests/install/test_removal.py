"""Removal removes what the installer made, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from install import launcher, plugin
from install.console import InstallError
from install.install_paths import InstallPaths
from install.manifest import Manifest, make_folder, remove_plugin, uninstall
from neural_style.gimps import PluginFolder
from neural_style.plugin_copies import is_copy
from neural_style_protocol.paths import Home


@pytest.fixture
def paths(tmp_path: Path) -> InstallPaths:
    """The paths of a home set by NEURAL_STYLE_HOME, with a complete copy of the plug-in."""
    paths = InstallPaths(Home(tmp_path / "home"), moved=True)
    (paths.plugin / "vendor" / "zmq").mkdir(parents=True)
    for name in ("neural-style.py", "dialog.py", "install.json", "vendor/zmq/__init__.py"):
        (paths.plugin / name).write_text("ours\n")
    return paths


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def gimp_folder(tmp_path: Path) -> PluginFolder:
    return PluginFolder(tmp_path / "config" / "GIMP" / "3.0" / "plug-ins", "GIMP 3.0")


def test_the_plugin_goes_where_gimp_looks(paths: InstallPaths, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    manifest = plugin.install_into(folder, paths, Manifest())
    assert tree(folder.plugin) == tree(paths.plugin)
    assert manifest.plugins == (str(folder.plugin),)
    assert manifest.folders[0] == str(tmp_path / "config")


def test_a_second_copy_replaces_the_first(paths: InstallPaths, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    manifest = plugin.install_into(folder, paths, Manifest())
    (folder.plugin / "of-an-older-version.py").write_text("gone\n")
    assert plugin.install_into(folder, paths, manifest) == manifest
    assert tree(folder.plugin) == tree(paths.plugin)


def test_another_plugin_of_that_name_stays(paths: InstallPaths, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    folder.plugin.mkdir(parents=True)
    (folder.plugin / "other.py").write_text("theirs\n")
    assert plugin.install_into(folder, paths, Manifest()) == Manifest()
    assert tree(folder.plugin) == {"other.py"}


def test_removal_leaves_the_users_own_files(paths: InstallPaths, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    plugin.install_into(folder, paths, Manifest())
    (folder.plugin / "__pycache__").mkdir()
    (folder.plugin / "__pycache__" / "dialog.pyc").write_text("made by running it\n")
    (folder.plugin / "notes.txt").write_text("theirs\n")
    remove_plugin(folder.plugin, paths)
    assert tree(folder.plugin) == {"notes.txt"}
    assert not is_copy(folder.plugin)


def test_removal_removes_only_what_was_made(paths: InstallPaths, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "picture.png").write_text("theirs\n")
    before = {"theirs", "theirs/picture.png"}
    manifest = Manifest(folders=(str(paths.root),))
    manifest = plugin.install_into(gimp_folder(tmp_path), paths, manifest)
    manifest = launcher.make(paths, manifest)
    for folder in (paths.home.weights, paths.home.logs, paths.environments / "1"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("ours\n")
    home = paths.home
    for made_in_use in (home.calibrations, home.machine, home.recent_styles):
        made_in_use.write_text("{}\n")
    paths.environment.symlink_to(paths.environments / "1")
    manifest.write(paths.manifest)
    uninstall(paths)
    assert tree(tmp_path) == before


def test_an_existing_home_keeps_its_files(tmp_path: Path) -> None:
    paths = InstallPaths(Home(tmp_path), moved=True)
    paths.home.history.mkdir()
    (paths.home.history / "of-the-family.txt").write_text("theirs\n")
    (tmp_path / "picture.png").write_text("theirs\n")
    before = tree(tmp_path)
    Manifest.of_first_install(paths).extended(folders=make_folder(paths.root)).write(paths.manifest)
    paths.home.weights.mkdir()
    uninstall(paths)
    assert tree(tmp_path) == before


def test_the_command_of_another_program_stays(paths: InstallPaths) -> None:
    paths.launcher.parent.mkdir(parents=True)
    paths.launcher.write_text("#!/bin/sh\necho theirs\n")
    manifest = launcher.make(paths, Manifest())
    assert manifest == Manifest()
    Manifest(launchers=(str(paths.launcher),)).write(paths.manifest)
    uninstall(paths)
    assert paths.launcher.read_text() == "#!/bin/sh\necho theirs\n"


def test_a_damaged_record_gives_an_error(paths: InstallPaths) -> None:
    paths.manifest.write_text("{")
    with pytest.raises(InstallError, match=r"cannot be read.*Remove that file"):
        uninstall(paths)


def test_a_folder_that_gimp_never_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="not a plug-ins folder"):
        plugin.check_folder(tmp_path / "3.0")
