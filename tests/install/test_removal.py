"""What was made is taken away again, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from install import launcher, plugin
from install.console import InstallError
from install.manifest import Manifest, is_our_plugin, make_folder, remove_plugin, uninstall
from install.places import Places
from neural_style.gimps import PluginFolder
from neural_style_protocol.paths import Home


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """The places of a moved home that holds a ready copy of the plug-in."""
    places = Places(Home(tmp_path / "home"), moved=True)
    (places.plugin / "vendor" / "zmq").mkdir(parents=True)
    for name in ("neural-style.py", "dialog.py", "install.json", "vendor/zmq/__init__.py"):
        (places.plugin / name).write_text("ours\n")
    return places


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def gimp_folder(tmp_path: Path) -> PluginFolder:
    return PluginFolder(tmp_path / "config" / "GIMP" / "3.0" / "plug-ins", "GIMP 3.0")


def test_the_plugin_goes_where_gimp_looks(places: Places, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    manifest = plugin.install_into(folder, places, Manifest())
    assert tree(folder.plugin) == tree(places.plugin)
    assert manifest.plugins == (str(folder.plugin),)
    assert manifest.folders[0] == str(tmp_path / "config")


def test_a_second_copy_replaces_the_first(places: Places, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    manifest = plugin.install_into(folder, places, Manifest())
    (folder.plugin / "of-an-older-version.py").write_text("gone\n")
    assert plugin.install_into(folder, places, manifest) == manifest
    assert tree(folder.plugin) == tree(places.plugin)


def test_another_plugin_of_that_name_stays(places: Places, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    folder.plugin.mkdir(parents=True)
    (folder.plugin / "other.py").write_text("theirs\n")
    assert plugin.install_into(folder, places, Manifest()) == Manifest()
    assert tree(folder.plugin) == {"other.py"}


def test_removal_leaves_the_users_own_files(places: Places, tmp_path: Path) -> None:
    folder = gimp_folder(tmp_path)
    plugin.install_into(folder, places, Manifest())
    (folder.plugin / "__pycache__").mkdir()
    (folder.plugin / "__pycache__" / "dialog.pyc").write_text("made by running it\n")
    (folder.plugin / "notes.txt").write_text("theirs\n")
    remove_plugin(folder.plugin, places)
    assert tree(folder.plugin) == {"notes.txt"}
    assert not is_our_plugin(folder.plugin)


def test_removal_removes_everything_made_and_nothing_else(places: Places, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "picture.png").write_text("theirs\n")
    before = {"theirs", "theirs/picture.png"}
    manifest = Manifest(folders=(str(places.root),))
    manifest = plugin.install_into(gimp_folder(tmp_path), places, manifest)
    manifest = launcher.make(places, manifest)
    for folder in (places.home.weights, places.home.logs, places.environments / "1"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("ours\n")
    places.environment.symlink_to(places.environments / "1")
    manifest.write(places.manifest)
    uninstall(places)
    assert tree(tmp_path) == before


def test_an_existing_home_keeps_its_files(tmp_path: Path) -> None:
    places = Places(Home(tmp_path), moved=True)
    places.home.history.mkdir()
    (places.home.history / "of-the-family.txt").write_text("theirs\n")
    (tmp_path / "picture.png").write_text("theirs\n")
    before = tree(tmp_path)
    Manifest.of_first_install(places).adding(folders=make_folder(places.root)).write(
        places.manifest
    )
    places.home.weights.mkdir()
    uninstall(places)
    assert tree(tmp_path) == before


def test_the_command_of_another_program_stays(places: Places) -> None:
    places.launcher.parent.mkdir(parents=True)
    places.launcher.write_text("#!/bin/sh\necho theirs\n")
    manifest = launcher.make(places, Manifest())
    assert manifest == Manifest()
    Manifest(launchers=(str(places.launcher),)).write(places.manifest)
    uninstall(places)
    assert places.launcher.read_text() == "#!/bin/sh\necho theirs\n"


def test_a_damaged_record_gives_an_error(places: Places) -> None:
    places.manifest.write_text("{")
    with pytest.raises(InstallError, match=r"cannot be read.*Remove that file"):
        uninstall(places)


def test_a_folder_that_gimp_never_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="not a plug-ins folder"):
        plugin.check_folder(tmp_path / "3.0")
