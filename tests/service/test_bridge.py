"""The bridge between a program without ZeroMQ and the daemon, and the ways in which it may end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.bridge import controls, parcels, pipe_link
from neural_style_protocol.bridge.connecting import connect_by_bridge
from neural_style_protocol.bridge.controls import Connect, parcel_of
from neural_style_protocol.bridge.parcels import Parcel
from neural_style_protocol.bridge.pipe_link import MOST_LOSSES, PipeLink
from neural_style_protocol.client import Client
from neural_style_protocol.client_messages import Hello
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import BridgeError, DaemonError, ProtocolError, VersionError
from neural_style_protocol.messages import encode
from neural_style_protocol.paths import VARIABLE, Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.standin_daemon import COMMAND, StandinDaemon, paint, picture, submit, until, wait_until
from service.standin_worker import inverted

LARGE_SECONDS = 250.0


@pytest.fixture
def link() -> str:
    """How clients are connected here."""
    return "bridge"


def link_of(client: Client) -> PipeLink:
    link = client._channel._link
    assert isinstance(link, PipeLink)
    return link


def bridge_of(client: Client) -> psutil.Process:
    return psutil.Process(link_of(client).bridge_pid)


def open_bridge(*command: str, home: Path) -> PipeLink:
    """A link through a program in place of the bridge."""
    return PipeLink(command, os.environ, home)


def program(text: str) -> tuple[str, ...]:
    return sys.executable, "-c", text


def answers_of(home: Home, sent: bytes) -> list[Parcel]:
    """What the bridge says to ``sent``, after which its input ends."""
    done = subprocess.run(
        [*COMMAND, "bridge"],
        input=sent,
        env={**os.environ, VARIABLE: str(home.root)},
        capture_output=True,
        timeout=100,
        check=True,
    )
    reader = _Reader(done.stdout)
    return list(iter(lambda: parcels.read(reader), None))  # type: ignore[arg-type]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def readinto(self, buffer: memoryview) -> int:
        part, self._data = self._data[: len(buffer)], self._data[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


class _Writer:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: memoryview) -> int:
        self.data += data
        return len(data)


def written(*sent: Parcel) -> bytes:
    writer = _Writer()
    for parcel in sent:
        parcels.write(writer, parcel)
    return writer.data


def the_error(answers: Sequence[Parcel]) -> Exception:
    (reply,) = (controls.read(parcel.frames) for parcel in answers if parcel.is_control)
    assert isinstance(reply, ErrorReply)
    return reply.exception()


def test_a_bridge_that_was_killed_is_replaced_and_the_job_goes_on(
    endless_job: StandinDaemon,
) -> None:
    with endless_job.client() as client:
        job = submit(client)
        before = until(client, events.Progress)[-1]
        bridge_of(client).kill()
        after = until(client, events.Progress)[-1]
        assert (after.job, after.step > before.step) == (job, True)
        client.cancel(job, keep=True)
        assert until(client, events.Finished)[-1].picture == inverted(picture())


def test_a_request_is_answered_although_its_bridge_was_killed(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        bridge_of(client).kill()
        assert client.status().pid == client.daemon.pid
        paint(client)


def test_a_picture_that_is_being_sent_when_the_bridge_is_killed_is_told_of(
    daemon: StandinDaemon,
) -> None:
    content = Picture.of(3000, 2000, 3, bytes(18_000_000))
    with daemon.client() as client:
        client.submit(content, [(picture(), 1.0)], Settings())  # sends the first chunks only
        bridge_of(client).kill()
        failed = until(client, events.Failed)[-1]
        assert "was being sent" in failed.error.sentence
        paint(client)


def test_bridges_that_end_time_and_again_are_given_up(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        for _ in range(MOST_LOSSES):
            bridge_of(client).kill()
            assert client.status().pid == client.daemon.pid
        bridge_of(client).kill()
        lost = until(client, events.Disconnected)[-1]
    assert isinstance(lost.error, BridgeError)
    assert "ended unexpectedly" in lost.error.sentence


def test_a_bridge_that_is_gone_with_its_daemon_starts_no_other(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        bridge = bridge_of(client)
        bridge.suspend()
        daemon_process = psutil.Process(client.daemon.pid)
        daemon_process.kill()
        bridge.kill()
        lost = until(client, events.Disconnected)[-1]
    assert "not running" in lost.error.sentence


def test_a_bridge_ends_with_its_client(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        bridge = bridge_of(client)
    bridge.wait(60)


def test_a_job_goes_on_when_its_program_and_so_its_bridge_have_gone(
    endless_job: StandinDaemon,
) -> None:
    endless_job.start()
    script = (
        "import sys\n"
        f"sys.path[:0] = {[str(Path(__file__).parents[1])]!r}\n"
        "from service.standin_daemon import StandinDaemon, submit\n"
        "from neural_style_protocol.paths import Home\n"
        "client = StandinDaemon(Home.find(), 'bridge').client()\n"
        "job = submit(client)\n"
        "print(job, client._channel._link.bridge_pid, flush=True)\n"
        "while True: client.wait(1)\n"
    )
    environment = {**os.environ, VARIABLE: str(endless_job.home.root)}
    with subprocess.Popen(
        program(script), stdout=subprocess.PIPE, text=True, env=environment
    ) as other:
        try:
            assert other.stdout is not None
            job, pid = other.stdout.readline().split()
            with endless_job.client() as client:
                wait_until(lambda: any(line.state == "running" for line in client.status().jobs))
        finally:
            other.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(pid)).wait(60)
    with endless_job.client() as client:
        client.watch(job)
        until(client, events.Progress)
        client.cancel(job, keep=True)
        assert until(client, events.Finished)[-1].picture == inverted(picture())


@pytest.mark.slow
def test_a_layer_of_24_megapixels_gets_there_and_back(daemon: StandinDaemon) -> None:
    row = bytes(range(256)) * 94
    content = Picture.of(6000, 4000, 3, b"".join(row[n % 200 :][:18_000] for n in range(4000)))
    with daemon.client() as client:
        client.submit(content, [(picture(), 1.0)], Settings(iterations=1))
        deadline = time.monotonic() + LARGE_SECONDS
        finished: events.Event | None = None
        while not isinstance(finished, events.Finished):
            assert time.monotonic() < deadline
            finished = next(
                (e for e in client.wait(1.0) if isinstance(e, (events.Finished, events.Failed))),
                None,
            )
    assert finished.picture == inverted(content)


def test_a_python_without_zeromq_and_without_compiled_msgpack_paints(
    daemon: StandinDaemon,
) -> None:
    daemon.start()
    script = (
        "import sys\n"
        "sys.modules['zmq'] = None\n"
        "from pathlib import Path\n"
        "from neural_style_protocol.bridge.connecting import connect_by_bridge\n"
        "from neural_style_protocol.events import Finished\n"
        "from neural_style_protocol.paths import Home\n"
        "from neural_style_protocol.pixels import Picture\n"
        "from neural_style_protocol.settings import Settings\n"
        "import msgpack\n"
        "p = Picture.of(2, 2, 3, bytes(12))\n"
        f"with connect_by_bridge(Home.find(), {COMMAND!r}) as client:\n"
        "    client.submit(p, [(p, 1.0)], Settings())\n"
        "    heard = []\n"
        "    while not any(isinstance(event, Finished) for event in heard):\n"
        "        heard += client.wait(1.0)\n"
        "print(heard[-1].picture.data.hex(), msgpack.Packer.__module__)\n"
    )
    environment = {**os.environ, VARIABLE: str(daemon.home.root), "MSGPACK_PUREPYTHON": "1"}
    done = subprocess.run(
        program(script), env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.stdout.split() == ["ff" * 12, "msgpack.fallback"], done.stderr


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="cannot be started: /no/such/program") as caught:
        open_bridge("/no/such/program", home=tmp_path)
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_program_that_ends_at_once_has_the_last_word(tmp_path: Path) -> None:
    ending = program("import sys; sys.exit('Error: No such command “bridge”.')")
    with pytest.raises(BridgeError, match=r"ended unexpectedly\. Error: No such command “bridge”"):
        open_bridge(*ending, home=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "import time; print('Welcome to this computer!', flush=True); time.sleep(99)",
            "no message",
        ),
        (
            "import os, time; os.write(1, b'NS\\0\\1\\xff\\xff\\xff\\xff'); time.sleep(99)",
            "too large",
        ),
    ],
)
def test_garbage_from_the_bridge_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        open_bridge(*program(text), home=tmp_path)


def test_a_bridge_that_says_nothing_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe_link, "CONNECT_SECONDS", 0.3)
    with pytest.raises(BridgeError, match="did not answer"):
        open_bridge(*program("import time; time.sleep(99)"), home=tmp_path)


def test_a_daemon_that_cannot_start_tells_why_through_the_bridge(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('Error: the reason.')"]
    script = (
        "from neural_style.bridge import run\n"
        "from neural_style.bridge.standard_streams import own_streams\n"
        "from neural_style_protocol.paths import Home\n"
        f"run(Home.find(), {failing!r}, *own_streams())\n"
    )
    states: list[str] = []
    with pytest.raises(DaemonError, match=r"ended while it was starting\. Error: the reason"):
        connect_by_bridge(
            Home(tmp_path), program(script), on_state=lambda phrase: states.append(str(phrase))
        )
    assert states == ["Starting the daemon…"]


def test_garbage_for_the_bridge_is_an_error(daemon: StandinDaemon) -> None:
    daemon.start()
    error = the_error(answers_of(daemon.home, b"GET / HTTP/1.1\r\n\r\n"))
    assert isinstance(error, ProtocolError)
    answers = answers_of(daemon.home, written(parcel_of(Connect())) + b"garbage, garbage")
    assert isinstance(the_error(answers[1:]), ProtocolError)


def test_the_first_message_must_ask_for_a_connection(daemon: StandinDaemon) -> None:
    error = the_error(answers_of(daemon.home, written(Parcel(encode(Hello(1, 1))))))
    assert isinstance(error, ProtocolError)
    assert "ask for a connection" in error.sentence


def test_a_bridge_of_another_version_is_refused(daemon: StandinDaemon) -> None:
    error = the_error(answers_of(daemon.home, written(parcel_of(Connect(bridge=99)))))
    assert isinstance(error, VersionError)


def test_an_input_that_ends_is_the_end(daemon: StandinDaemon) -> None:
    assert answers_of(daemon.home, b"") == []
    assert answers_of(daemon.home, written(parcel_of(Connect()))[:5]) == []


def test_what_is_printed_never_gets_among_the_messages() -> None:
    script = (
        "import os\n"
        "from neural_style.bridge.standard_streams import own_streams\n"
        "source, sink = own_streams()\n"
        "print('printed', flush=True)\n"
        "os.system('echo echoed; cat')\n"
        "sink.write(source.read(5))\n"
    )
    done = subprocess.run(program(script), input=b"input", capture_output=True, check=True)
    assert done.stdout == b"input"
    assert done.stderr.split() == [b"printed", b"echoed"]


def test_a_person_who_types_the_command_gets_a_sentence() -> None:
    person, terminal = os.openpty()
    command = [sys.executable, "-m", "neural_style", "bridge"]
    done = subprocess.run(command, stdin=terminal, capture_output=True, text=True, check=False)
    for end in (person, terminal):
        os.close(end)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is for programs" in done.stderr
