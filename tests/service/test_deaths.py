"""Worker, service and client killed; stale files; two starters; full disks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonError, DaemonUnreachable
from neural_style_protocol.launcher import connect, connect_or_start
from service.links import BOTH_LINKS
from service.standin_daemon import (
    WORKER,
    StandinDaemon,
    paint,
    run_command,
    submit,
    until,
    wait_until,
)
from service.standin_worker import Script


def test_the_service_outlives_its_worker(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        before = daemon.worker_pid()
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: client.status().worker_pid not in (0, before))
        paint(client)


def test_a_worker_that_dies_while_loading_is_not_started_for_ever(daemon: StandinDaemon) -> None:
    Script(dies_loading=True).write(daemon.home.root)
    with daemon.client() as client:
        submit(client)
        assert until(client, events.Failed)[-1].error.code == "worker"
        wait_until(lambda: client.status().worker_pid == 0)
        Script().write(daemon.home.root)
        paint(client)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's prctl")
def test_a_stopped_worker_does_not_outlive_its_service(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        submit(client)
        until(client, events.Progress)
        worker = psutil.Process(client.status().worker_pid)
        worker.suspend()
        os.kill(client.daemon.pid, signal.SIGKILL)
        worker.wait(30)


def test_a_worker_whose_service_is_gone_before_it_starts_ends_at_once(
    daemon: StandinDaemon,
) -> None:
    nobody = "1"
    done = run_command([*WORKER, "ipc:///nowhere", str(daemon.home.root), nobody], daemon.home)
    assert done.returncode == 0


@BOTH_LINKS
def test_a_client_learns_that_the_service_was_killed(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        submit(client)
        until(client, events.Progress)
        worker = psutil.Process(client.status().worker_pid)
        os.kill(client.daemon.pid, signal.SIGKILL)
        lost = until(client, events.Disconnected)[-1]
    assert isinstance(lost.error, DaemonUnreachable)
    worker.wait(60)  # it ends by itself
    with endless_job.client() as client:  # the stale file is no obstacle
        assert client.status().pid != 0


@BOTH_LINKS
def test_a_request_to_a_service_that_was_killed_tells_why_it_failed(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        daemon.worker_pid()
        os.kill(client.daemon.pid, signal.SIGKILL)
        with pytest.raises(DaemonUnreachable, match="stopped unexpectedly"):
            client.status()


def test_a_killed_daemon_leaves_no_litter(daemon: StandinDaemon) -> None:
    for _ in range(2):
        pid = daemon.start()
        daemon.worker_pid()
        os.kill(pid, signal.SIGKILL)
    daemon.start()
    daemon.worker_pid()
    assert len(list((daemon.home.run / "worker").iterdir())) == 1


def test_a_clean_end_leaves_no_worker_and_no_connection_file(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        submit(client)
        until(client, events.Progress)
        worker = psutil.Process(client.status().worker_pid)
        os.kill(client.daemon.pid, signal.SIGTERM)
        worker.wait(60)
    wait_until(lambda: not endless_job.home.connection_file.exists())
    assert not (endless_job.home.run / "worker").exists()


@BOTH_LINKS
def test_many_starters_make_one_daemon(daemon: StandinDaemon) -> None:
    pids: list[int] = []

    def start() -> None:
        with daemon.client() as client:
            pids.append(client.daemon.pid)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1
    daemon.start()


def test_a_second_daemon_of_the_same_home_says_no(daemon: StandinDaemon) -> None:
    daemon.start()
    from neural_style.service.daemon import serve

    with pytest.raises(DaemonError, match="already running"):
        serve(daemon.home)


def test_a_stale_file_whose_port_another_program_took(daemon: StandinDaemon) -> None:
    pid = daemon.start()
    stale = daemon.connection()
    os.kill(pid, signal.SIGKILL)
    psutil.Process(pid).wait(5) if psutil.pid_exists(pid) else None
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(stale.endpoint.rsplit(":", 1)[1])))
        taken.listen()
        with pytest.raises(DaemonUnreachable):
            connect(daemon.home)
        assert daemon.start() != pid


def test_no_daemon_is_said_in_words(daemon: StandinDaemon) -> None:
    with pytest.raises(DaemonUnreachable, match="not running"):
        connect(daemon.home)


def test_a_daemon_that_cannot_start_tells_why(daemon: StandinDaemon) -> None:
    with pytest.raises(DaemonError, match="cannot be started"):
        connect_or_start(daemon.home, ["/no/such/command"])
    failing = [sys.executable, "-c", "import sys; sys.exit('Error: the reason.')"]
    with pytest.raises(DaemonError, match=r"ended while it was starting\. Error: the reason"):
        connect_or_start(daemon.home, failing)


def test_a_full_disk_for_the_connection_file(daemon: StandinDaemon) -> None:
    connection = Connection("tcp://127.0.0.1:1", "a" * 40, "b" * 40, "c" * 40, 1, "0")
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from neural_style_protocol.connection import Connection\n"
        "from neural_style_protocol.errors import StorageError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        f"connection = Connection(**{connection.__dict__!r})\n"
        "try:\n    connection.write(Path(sys.argv[1]))\n"
        "except StorageError as error:\n    print(error)\n"
    )
    path = daemon.home.root / "connection.json"
    done = run_command([sys.executable, "-c", script, str(path)], daemon.home)
    assert "cannot be written" in done.stdout
    assert list(daemon.home.root.iterdir()) == []


def test_a_client_that_is_killed_loses_nothing(slow_job: StandinDaemon) -> None:
    slow_job.start()
    script = (
        "import sys; from neural_style_protocol.launcher import connect\n"
        "from neural_style_protocol.paths import Home\n"
        "from neural_style_protocol.pixels import Picture\n"
        "from neural_style_protocol.settings import Settings\n"
        "p = Picture.of(2, 2, 3, bytes(12)); c = connect(Home.find())\n"
        "print(c.submit(p, [(p, 1.0)], Settings(iterations=50)), flush=True)\n"
        "while True: c.wait(1)\n"
    )
    environment = {**os.environ, "NEURAL_STYLE_HOME": str(slow_job.home.root)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as other:
        assert other.stdout is not None
        job = other.stdout.readline().strip()
        with slow_job.client() as client:
            wait_until(lambda: any(line.state == "running" for line in client.status().jobs))
            other.kill()
            client.watch(job)
            until(client, events.Finished)
