"""How programs are started and ended on other systems."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import zmq

from neural_style.jobstore import worker_address, worker_messages
from neural_style.jobstore.worker_messages import Cards, Ready
from neural_style.service.limits import Limits
from neural_style.service.worker_link import WorkerLink
from neural_style_protocol.background import NEW_GROUP, NO_WINDOW, outliving, unseen
from neural_style_protocol.client_messages import Shutdown
from neural_style_protocol.environment import clean_environment
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import WORKER, wait_until

WAIT_MS = 60_000
WATCHED = (
    "import sys, time\n"
    "from neural_style.worker.parent import end_with_parent\n"
    "end_with_parent(int(sys.argv[1]), 'win32')\n"
    "print('lives', flush=True)\n"
    "time.sleep(600)\n"
)
"""A worker that takes its system for Windows."""


def test_on_windows_the_daemon_and_its_worker_have_no_window() -> None:
    assert outliving("win32") == {"creationflags": NO_WINDOW | NEW_GROUP}
    assert unseen("win32") == {"creationflags": NO_WINDOW}
    assert outliving("darwin") == outliving("linux") == {"start_new_session": True}
    assert unseen("linux") == {}


def test_the_environment_of_gimp_does_not_reach_the_daemon(tmp_path: Path) -> None:
    gimp, own = tmp_path / "GIMP 3" / "bin", tmp_path / "own"
    for folder, library in ((gimp, "libgimp-3.0-0.dll"), (own, "own.dll")):
        folder.mkdir(parents=True)
        (folder / library).touch()
    variables = {
        "Path": f"{gimp};{own};",
        "__PYVENV_LAUNCHER__": "/x",
        "DYLD_LIBRARY_PATH": "/x",
        "SSL_CERT_FILE": "/gimp/cert.pem",
        "XDG_DATA_DIRS": "/gimp/share",
        "HOME": "/h",
    }
    home = Home(tmp_path)
    own_variables = {"HOME": "/h", VARIABLE: str(tmp_path)}
    on_windows = clean_environment(variables, home, system="win32")
    assert on_windows == {**own_variables, "Path": f"{own};", "PYTHONUTF8": "1"}
    on_a_mac = clean_environment(variables, home, system="darwin")
    assert on_a_mac == {**own_variables, "Path": variables["Path"]}
    here = clean_environment(variables, home, system="linux")
    assert {"SSL_CERT_FILE", "XDG_DATA_DIRS"} < here.keys()


@pytest.fixture
def link(tmp_path: Path) -> Iterator[WorkerLink]:
    """A link as on Windows, to the stand-in worker."""
    with zmq.Context() as context:
        made = WorkerLink(context, Home(tmp_path), Limits(), WORKER, system="win32")
        yield made
        made.close()


def test_without_unix_sockets_the_worker_is_met_on_a_port(link: WorkerLink) -> None:
    link.start()
    assert link.socket is not None
    for expected in (Cards, Ready):
        assert link.socket.poll(WAIT_MS)
        received = link.receive()
        assert received is not None
        assert isinstance(received[0], expected)
    (command,) = (psutil.Process(link.pid).cmdline(),)
    assert any(word.startswith("tcp://127.0.0.1:") for word in command)
    link.send(Shutdown())
    wait_until(lambda: link.exit_status() == 0)


def test_a_stranger_does_not_get_to_the_workers_port(tmp_path: Path) -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as service:
        endpoint, keys = worker_address.bind(service, tmp_path / "unused", "win32")
        assert not list(tmp_path.iterdir())
        with context.socket(zmq.PAIR) as plain, context.socket(zmq.PAIR) as other:
            plain.linger = other.linger = 0
            other.curve_server = True
            other.curve_publickey, other.curve_secretkey = zmq.curve_keypair()
            for stranger in (plain, other):
                stranger.connect(endpoint)
                with contextlib.suppress(zmq.Again):
                    stranger.send(b"let me in", zmq.NOBLOCK)
            with context.socket(zmq.PAIR) as worker, (tmp_path / "keys").open("w+b") as handed:
                worker.linger = 0
                handed.write(keys)
                handed.seek(0)
                worker_address.connect(worker, endpoint, handed)
                worker.send_multipart(worker_messages.encode(Shutdown()))
                assert service.poll(WAIT_MS)
                assert worker_messages.decode(service.recv_multipart())[0] == Shutdown()
            assert not service.poll(200)


def test_a_worker_without_keys_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with (
        zmq.Context() as context,
        context.socket(zmq.PAIR) as worker,
        (tmp_path / "empty").open("rb") as empty,
        pytest.raises(ValueError, match="Expecting value"),
    ):
        worker_address.connect(worker, "tcp://127.0.0.1:9", empty)


def test_on_windows_the_worker_ends_after_the_service_and_not_its_own_starter() -> None:
    """An environment's python.exe is a program that starts the real one: so it is the parent."""
    service = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    starter = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WATCHED!r}, sys.argv[1]])"
    )
    command = [sys.executable, "-c", starter, str(service.pid)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stub:
        assert stub.stdout is not None
        assert stub.stdout.readline() == b"lives\n"
        assert stub.poll() is None
        service.kill()
        service.wait()
        assert stub.wait(60) == 0


def test_on_windows_a_worker_that_comes_after_its_service_ends_at_once() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(gone.pid)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")
