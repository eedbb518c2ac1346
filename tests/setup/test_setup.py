"""``neural-style setup`` in made-up trees: what is made, and that all of it goes again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neural_style.gimps import PluginFolder
from neural_style.plugin_copies import Move
from neural_style.setup import plugin_folders, steps
from neural_style.setup.errors import SetupError
from neural_style.setup.plugin_source import IN_A_CHECKOUT, make_copy
from neural_style.setup.record import Record
from neural_style_protocol import atomic
from neural_style_protocol.errors import WeightsError
from neural_style_protocol.paths import Home

Lines = list[str]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A user whose name is not ASCII."""
    return Home(tmp_path / "Zoë Müller" / "neural-style")


@pytest.fixture
def gimp(home: Home) -> PluginFolder:
    """The plug-ins folder of a GIMP that has never been started."""
    return PluginFolder(home.root.parent / "GIMP" / "3.0" / "plug-ins", "GIMP 3.0")


@pytest.fixture
def set_up(home: Home, gimp: PluginFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Lines]:
    """Set up without a sample, with weights that are there."""
    monkeypatch.setattr(steps.weights, "ensure", lambda folder: folder / "vgg19")

    def run() -> Lines:
        said: Lines = []
        steps.set_up(home, said.append, into=gimp.path, sample_size=0)
        return said

    return run


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def moving(fails: int) -> Move:
    """Moves folders, but not at the call number ``fails``, as while GIMP is open on Windows."""
    calls: list[Path] = []

    def move(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == fails:
            raise PermissionError(13, "Access is denied")
        atomic.replace(source, target)

    return move


def test_the_copy_has_all_that_gimp_needs(home: Home, tmp_path: Path) -> None:
    home.make_private_folder(home.root)
    make_copy(home.root / "copy", home.root, Path("/bin/neural-style"), "win32")
    made = files(home.root / "copy")
    ours = {name for name in files(IN_A_CHECKOUT) if "__pycache__" not in name}
    assert {name for name in ours if not name.startswith("vendor/")} <= made
    packages = {name.split("/")[1] for name in made if name.startswith("vendor/")}
    assert packages == {"msgpack", "neural_style_protocol"}
    assert [name for name in made if name.endswith((".so", ".pyd"))] == []
    record = json.loads((home.root / "copy" / "install.json").read_text(encoding="utf-8"))
    assert record == {"home": str(home.root), "command": ["/bin/neural-style"]}
    assert os.access(home.root / "copy" / "neural-style.py", os.X_OK)


def test_on_linux_the_copy_can_talk_to_the_daemon_itself(home: Home) -> None:
    home.make_private_folder(home.root)
    make_copy(home.root / "copy", home.root, Path("/bin/neural-style"), "linux")
    assert (home.root / "copy" / "vendor" / "zmq" / "__init__.py").is_file()


def test_it_is_put_into_gimp_and_recorded(
    set_up: Callable[[], Lines], home: Home, gimp: PluginFolder
) -> None:
    said = set_up()
    assert files(gimp.plugin) == files(home.root / "plug-in" / "neural-style")
    assert f"As asked: {gimp.plugin}" in said
    record = Record.read(home)
    assert record.plugins == (str(gimp.plugin),)
    assert record.folders[0] == str(gimp.path.parents[1])


def test_an_upgrade_replaces_the_older_copy(
    set_up: Callable[[], Lines], home: Home, gimp: PluginFolder
) -> None:
    set_up()
    (gimp.plugin / "of_an_older_version.py").touch()
    before = Record.read(home)
    set_up()
    assert not (gimp.plugin / "of_an_older_version.py").exists()
    assert Record.read(home) == before
    assert [path.name for path in gimp.path.iterdir()] == ["neural-style"]


def test_removal_leaves_nothing_but_what_others_made(
    set_up: Callable[[], Lines], home: Home, gimp: PluginFolder
) -> None:
    set_up()
    home.make_private_folder(home.history)
    for made_in_use in ("calibration.json", "machine.json", "recent-styles.json"):
        (home.root / made_in_use).touch()
    (home.root.parent / "picture.png").touch()
    steps.take_away(home, lambda line: None)
    assert files(home.root.parent) == {"picture.png"}
    assert [path.name for path in home.root.parent.iterdir()] == ["picture.png"]


def test_another_plugin_of_that_name_is_left_alone(
    set_up: Callable[[], Lines], gimp: PluginFolder
) -> None:
    gimp.plugin.mkdir(parents=True)
    (gimp.plugin / "theirs.py").touch()
    with pytest.raises(SetupError, match="not this plug-in"):
        set_up()
    assert files(gimp.plugin) == {"theirs.py"}


@pytest.mark.parametrize("fails", [1, 2])
def test_while_gimp_has_the_plugin_open_the_old_one_stays(
    home: Home, gimp: PluginFolder, tmp_path: Path, fails: int
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "neural-style.py").write_text("old")
    plugin_folders.install(copy, gimp)
    (copy / "neural-style.py").write_text("new")
    with pytest.raises(SetupError, match="has its files open") as caught:
        plugin_folders.install(copy, gimp, moving(fails))
    assert "Close GIMP" in caught.value.next_step
    assert (gimp.plugin / "neural-style.py").read_text() == "old"
    plugin_folders.install(copy, gimp)
    assert (gimp.plugin / "neural-style.py").read_text() == "new"


@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path, gimp: PluginFolder) -> None:
    gimp.path.mkdir(parents=True)
    gimp.path.chmod(0o500)
    with pytest.raises(SetupError, match="cannot be put into"):
        plugin_folders.install(IN_A_CHECKOUT, gimp)


def test_a_file_in_place_of_a_folder(tmp_path: Path, gimp: PluginFolder) -> None:
    gimp.path.parent.mkdir(parents=True)
    gimp.path.touch()
    with pytest.raises(SetupError, match="cannot be put into"):
        plugin_folders.install(IN_A_CHECKOUT, gimp)


def test_a_home_of_install_sh_is_not_touched(set_up: Callable[[], Lines], home: Home) -> None:
    home.make_private_folder(home.root)
    (home.root / "installed.json").touch()
    with pytest.raises(SetupError, match="already"):
        set_up()
    with pytest.raises(SetupError, match="already"):
        steps.take_away(home, lambda line: None)
    assert files(home.root) == {"installed.json"}


def test_a_folder_that_gimp_does_not_look_into(home: Home, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not a plug-ins folder"):
        steps.set_up(home, lambda line: None, into=tmp_path / "plugins")


def test_without_a_network_a_proxy_is_thought_of(
    set_up: Callable[[], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ensure(folder: Path) -> Path:
        raise WeightsError("The weights cannot be downloaded: {reason}.", reason="no route")

    monkeypatch.setattr(steps.weights, "ensure", ensure)
    for name in steps.surroundings.PROXIES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SetupError, match="no route") as caught:
        set_up()
    assert "HTTPS_PROXY" in caught.value.next_step


@pytest.mark.parametrize(
    ("system", "name"), [("win32", "neural-style.exe"), ("linux", "neural-style")]
)
def test_the_plugin_starts_the_command_of_this_environment(system: str, name: str) -> None:
    assert steps.command("/env/bin", system) == Path("/env/bin") / name
