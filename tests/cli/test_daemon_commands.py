"""``start``, ``stop``, ``restart``, ``status``, ``logs`` and ``service-unit``."""

from __future__ import annotations

import configparser
import dataclasses
import os
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.conftest import Run, started
from neural_style.cli import daemon as commands
from neural_style_protocol.daemon_messages import Status, WorkerLine
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import COMMAND, StandinDaemon, wait_until


@pytest.fixture
def home_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandinDaemon]:
    """A daemon for each test, which the commands start and stop."""
    monkeypatch.setattr(commands, "DAEMON_COMMAND", COMMAND)
    daemon = StandinDaemon(Home(tmp_path))
    yield daemon
    daemon.end()


def test_stop_start_restart_and_status(run: Run, home_daemon: StandinDaemon) -> None:
    first = run("status", "--json").json["pid"]
    assert run("start", "--json").json == {"pid": first, "started": False}
    assert run("stop", "--json").json == {"stopped": True}
    wait_until(lambda: not psutil.pid_exists(first))
    assert run("stop", "--json").json == {"stopped": False}
    stopped = run("status", "--json")
    assert (stopped.status, stopped.json) == (3, {"state": "stopped"})
    assert "not running" in run("status").out
    second = run("start", "--json").json
    assert second["started"] is True
    third = run("restart", "--json").json
    assert third["started"] is True
    assert third["pid"] != second["pid"]
    home_daemon.start()


def test_a_frozen_daemon_is_stopped_by_force(
    run: Run, home_daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "STOP_SECONDS", 1.0)
    pid = home_daemon.start()
    os.kill(pid, signal.SIGSTOP)
    assert run("stop").status == 0
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_daemon_of_another_version(
    run: Run, home_daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from neural_style_protocol import client

    before = home_daemon.start()
    old = (0, 0)
    monkeypatch.setitem(client.Client.__init__.__kwdefaults__, "versions", old)
    done = run("status")
    assert done.status == 4
    assert "do not understand each other" in done.err
    assert "install.sh" in done.err
    monkeypatch.undo()
    home_daemon.start()
    assert home_daemon.start() == before


def test_the_last_lines_of_the_log_are_printed(run: Run, home_daemon: StandinDaemon) -> None:
    home_daemon.worker_pid()
    assert "listens on" in run("logs").out
    last = run("logs", "-n", "1", "--json").json
    assert len(last["lines"]) == 1
    assert last["path"] == str(home_daemon.home.logs / "daemon.log")
    assert run("logs", "--worker").status == 0
    assert run("logs", "-n", "9" * 30).status == 0


def test_the_unit_can_be_parsed(run: Run, home_daemon: StandinDaemon) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(run("service-unit").out)
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["ExecStart"].endswith("serve --exit-after 0")
    assert str(home_daemon.home.root) in service["Environment"]


def test_a_service_manager_is_told_when_clients_can_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "notify"
    home = Home(tmp_path / "home")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        with started(["serve"], home) as process:
            assert manager.recv(100) == b"READY=1"
            assert home.connection_file.exists()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    assert not home.connection_file.exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(run: Run, tmp_path: Path) -> None:
    unit = tmp_path / "neural-style.service"
    unit.write_text(run("service-unit").out, encoding="utf-8")
    (tmp_path / "runtime").mkdir()
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", unit],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "runtime")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.slow
def test_the_command_of_the_unit_works_under_systemd(run: Run, tmp_path: Path) -> None:
    """As with Type=notify and KillMode=mixed: READY=1, then SIGTERM to the main process alone."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(run("service-unit").out)
    address, home = tmp_path / "notify", Home(tmp_path / "home")
    variables = {**os.environ, "NOTIFY_SOCKET": str(address), VARIABLE: str(home.root)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(60)
        command = shlex.split(unit["Service"]["ExecStart"].replace("%%", "%"))
        with subprocess.Popen(command, env=variables) as process:
            assert manager.recv(100) == b"READY=1"
            with connect(home) as client:
                assert client.daemon.pid == process.pid
                worker = psutil.Process(client.status().worker_pid)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        worker.wait(30)
    assert not home.connection_file.exists()


def test_the_number_of_workers_is_checked(run: Run) -> None:
    for wrong in ("0", "33", "-1", "many"):
        refused = run("serve", "--workers", wrong)
        assert refused.status == 2
        assert f"'{wrong}' is neither auto nor a number up to 32." in refused.err


def test_the_status_tells_what_each_of_several_workers_does() -> None:
    workers = (
        WorkerLine(12, "busy", "Card A", ("first", "preview")),
        WorkerLine(13, "ready", "Card B"),
        WorkerLine(0, "stopped", ""),
    )
    now = Status("busy", "1", 7, 12, uptime=1.0, device="Card A", workers=workers)
    assert commands._description(now).splitlines() == [
        "The daemon is painting on Card A (process 7).",
        "  process 12 on Card A paints first, preview",
        "  process 13 on Card B is ready",
        "  another process is started when pictures wait for it",
    ]
    alone = dataclasses.replace(now, workers=workers[:1])
    assert len(commands._description(alone).splitlines()) == 1
