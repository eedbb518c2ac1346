"""The connection file and the lock: who can read them, and what a damaged one does."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol import daemon_lock
from neural_style_protocol.client import Client
from neural_style_protocol.connection import Connection
from neural_style_protocol.environment import clean_environment
from neural_style_protocol.errors import DaemonError, DaemonUnreachable, StorageError
from neural_style_protocol.paths import VARIABLE, Home
from neural_style_protocol.zmq_link import ZmqLink
from systems import IS_ROOT, IS_WINDOWS, needs_modes

KEY = "k" * 40
CONNECTION = Connection("tcp://127.0.0.1:5", KEY, KEY, KEY, 77, "0.1.0")


@needs_modes
def test_it_is_read_as_it_was_written_by_its_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make_private_folder(home.run)
    CONNECTION.write(home.connection_file)
    assert Connection.read(home.connection_file) == CONNECTION
    assert home.connection_file.stat().st_mode & 0o777 == 0o600
    assert home.run.stat().st_mode & 0o777 == 0o700
    assert list(home.run.iterdir()) == [home.connection_file]


def test_a_file_of_an_earlier_version_is_a_local_one(tmp_path: Path) -> None:
    values = dataclasses.asdict(CONNECTION)
    del values["remote"]
    (tmp_path / "c").write_text(json.dumps(values), encoding="utf-8")
    assert Connection.read(tmp_path / "c") == CONNECTION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        "{}",
        json.dumps({**dataclasses.asdict(CONNECTION), "pid": "77"}),
        json.dumps({**dataclasses.asdict(CONNECTION), "endpoint": 5}),
        json.dumps({**dataclasses.asdict(CONNECTION), "server_public_key": "short"}),
    ],
)
def test_a_damaged_file_is_no_daemon(tmp_path: Path, text: str) -> None:
    (tmp_path / "c").write_text(text, encoding="utf-8")
    with pytest.raises(DaemonUnreachable):
        Connection.read(tmp_path / "c")


@given(data=st.binary(max_size=200))
def test_any_bytes_are_no_daemon(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    with pytest.raises(DaemonUnreachable):
        Connection.read(path)


@pytest.mark.parametrize("endpoint", ["", "nowhere", "tcp://", "gopher://127.0.0.1:1"])
def test_an_address_that_is_none(endpoint: str) -> None:
    with pytest.raises(DaemonUnreachable):
        Client(ZmqLink(dataclasses.replace(CONNECTION, endpoint=endpoint)), timeout=0.2)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        CONNECTION.write(tmp_path / "no" / "such" / "folder")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"):
        Home(tmp_path).make_private_folder(tmp_path / "file" / "folder")


@needs_modes
def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)
    Home(tmp_path).make_private_folder(tmp_path / "run")
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(StorageError, match="belongs to another user"):
        Home(tmp_path).make_private_folder(tmp_path / "theirs")


def test_the_lock_is_held_once_and_let_go_by_a_dead_holder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_private_folder(home.run)
    assert not daemon_lock.is_held(home)
    script = (
        "import sys, time; from pathlib import Path\n"
        "from neural_style_protocol import daemon_lock\n"
        "from neural_style_protocol.paths import Home\n"
        "with daemon_lock.held(Home(Path(sys.argv[1]))):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert daemon_lock.holder(home) == process.pid
        with pytest.raises(DaemonError, match="already running"), daemon_lock.held(home):
            pass
        assert daemon_lock.holder(home) == process.pid
        process.kill()
    assert not daemon_lock.is_held(home)
    assert daemon_lock.holder(home) is None
    with daemon_lock.held(home):
        assert daemon_lock.is_held(home)


def test_a_callers_own_python_does_not_reach_the_daemon(tmp_path: Path) -> None:
    given_environment = {"PYTHONPATH": "/x", "LD_LIBRARY_PATH": "/y", "LANG": "C", VARIABLE: "/z"}
    assert clean_environment(given_environment, Home(tmp_path), system="linux") == {
        "LANG": "C",
        VARIABLE: str(tmp_path),
    }


@pytest.mark.skipif(IS_WINDOWS, reason="Windows keeps the folder that a program is in")
def test_a_home_that_cannot_be_found_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv(VARIABLE, "relative")
    with pytest.raises(StorageError, match="cannot be found"):
        Home.find()
    monkeypatch.setenv(VARIABLE, "~no-such-user-at-all/x")
    with pytest.raises(StorageError, match="cannot be found"):
        Home.find()

    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(Path, "home", unknown)
    with pytest.raises(StorageError, match="cannot be found"):
        Home.find()


def test_the_home_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "there"))
    assert Home.find().root == tmp_path / "there"
    monkeypatch.delenv(VARIABLE)
    for variable in ("HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere/else")
    assert tmp_path in Home.find().root.parents
