"""A daemon on another machine: its keys, its choice, and a link that drops."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from neural_style.service.front import Listen
from neural_style_protocol import client_messages, events
from neural_style_protocol.bridge.connecting import connect_by_bridge
from neural_style_protocol.client import Client
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonUnreachable, SettingsError
from neural_style_protocol.launcher import connect, connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.remotes import LOCAL, Remotes
from neural_style_protocol.settings import Settings
from service.links import BOTH_LINKS
from service.standin_daemon import (
    COMMAND,
    LISTEN,
    RawClient,
    StandinDaemon,
    paint,
    picture,
    submit,
    until,
)
from service.standin_worker import Script, inverted

BELOW_THE_KERNELS_CHOICE = range(20_000, 32_768)
"""Ports that no program is given which asks for any, as the daemon itself does."""


def free_port() -> int:
    for port in random.sample(BELOW_THE_KERNELS_CHOICE, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


class Wire:
    """A TCP link that can be cut: what comes to ``port`` goes on to ``target``."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.bytes_sent = 0
        self._sockets: list[socket.socket] = []
        self._up = threading.Event()
        self._up.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break what is connected; nothing new gets through."""
        self._up.clear()
        for end in self._sockets:
            end.close()
        self._sockets.clear()

    def mend(self) -> None:
        self._up.set()

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _pour(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                self.bytes_sent += len(data)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._up.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pour, args=(source, sink), daemon=True).start()


@pytest.fixture
def far(daemon: StandinDaemon) -> StandinDaemon:
    """A daemon that listens for other machines."""
    port = free_port()
    (daemon.home.root / LISTEN).write_text(f"tcp://127.0.0.1:{port} 127.0.0.1", encoding="utf-8")
    daemon.start()
    return daemon


def remote_file(far: StandinDaemon) -> Path:
    return far.home.run / "remote-connection.json"


@pytest.fixture
def near(tmp_path_factory: pytest.TempPathFactory, far: StandinDaemon) -> Home:
    """The home of the laptop, which uses the other machine."""
    home = Home(tmp_path_factory.mktemp("near"))
    remotes = Remotes(home)
    remotes.add("big", remote_file(far))
    remotes.choose("big")
    return home


@pytest.fixture
def wire(far: StandinDaemon) -> Iterator[Wire]:
    made = Wire(int(Connection.read(remote_file(far)).endpoint.rsplit(":", 1)[1]))
    yield made
    made.close()


def through(wire: Wire, near: Home, far: StandinDaemon, link: str) -> Client:
    """A client of the laptop, whose way to the other machine is the wire."""
    connection = Connection.read(remote_file(far))
    endpoint = f"tcp://127.0.0.1:{wire.port}"
    dataclasses.replace(connection, endpoint=endpoint).write(near.root / "wire.json")
    remotes = Remotes(near)
    remotes.add("wire", near.root / "wire.json")
    remotes.choose("wire")
    if link == "bridge":
        return connect_by_bridge(near, COMMAND, name="laptop")
    return connect(near, name="laptop")


def test_the_chosen_daemon_is_used_by_all_that_connect(far: StandinDaemon, near: Home) -> None:
    with connect_or_start(near, ["/no/such/command"]) as client:
        assert client.daemon.pid == far.start()
        paint(client)
    with connect(near) as client:
        assert len(client.jobs()) == 1


def test_its_file_stays_good_when_it_starts_again(far: StandinDaemon, near: Home) -> None:
    before = remote_file(far).read_text(encoding="utf-8")
    with far.client() as client:
        client.shut_down()
        until(client, events.Disconnected)
    with pytest.raises(DaemonUnreachable, match="remote daemon 'big' does not answer"):
        connect_or_start(near, COMMAND)
    far.start()
    connect(near).close()
    after = Connection.read(remote_file(far))
    assert dataclasses.replace(after, pid=0) == dataclasses.replace(
        Connection(**json.loads(before)), pid=0
    )
    assert remote_file(far).stat().st_mode & 0o077 == 0
    assert (far.home.run / "remote-keys.json").stat().st_mode & 0o077 == 0


def test_a_key_that_is_not_listed_gets_nothing_there_either(far: StandinDaemon) -> None:
    connection = Connection.read(remote_file(far))
    with RawClient(connection, keys=zmq.curve_keypair()) as raw:
        raw.say(client_messages.Hello(1, 1))
        assert raw.hear(1.0) is None


@BOTH_LINKS
def test_a_job_goes_on_while_the_link_is_down(
    far: StandinDaemon, near: Home, wire: Wire, link: str
) -> None:
    Script(steps=1_500, seconds_per_step=0.01).write(far.home.root)
    with through(wire, near, far, link) as client:
        job = submit(client)
        before = until(client, events.Progress)[-1]
        wire.cut()
        assert not any(isinstance(event, events.Disconnected) for event in client.wait(1.5))
        wire.mend()
        heard = until(client, events.Finished)
    assert heard[-1].job == job
    assert heard[-1].picture == inverted(picture())
    after = next(event for event in heard if isinstance(event, events.Progress))
    assert after.step >= before.step


@BOTH_LINKS
def test_a_result_that_came_while_the_link_was_down_is_fetched(
    far: StandinDaemon, near: Home, wire: Wire, link: str
) -> None:
    Script(steps=50, seconds_per_step=0.01).write(far.home.root)
    with through(wire, near, far, link) as client:
        submit(client)
        until(client, events.Progress)
        wire.cut()
        time.sleep(2.0)
        wire.mend()
        assert until(client, events.Finished)[-1].picture == inverted(picture())


@BOTH_LINKS
def test_pixels_are_made_smaller_on_their_way(
    far: StandinDaemon, near: Home, wire: Wire, link: str
) -> None:
    flat = Picture.of(1_000, 1_000, 3, b"\x10\x20\x30" * 1_000_000)
    with through(wire, near, far, link) as client:
        client.submit(flat, [(picture(), 1.0)], Settings(iterations=1))
        assert until(client, events.Finished)[-1].picture == inverted(flat)
    assert 0 < wire.bytes_sent < flat.spec.byte_count / 10


@pytest.mark.parametrize("name", ["", "local", "../x", "a/b", ".hidden", "x" * 50])
def test_a_name_is_not_a_path(tmp_path: Path, far: StandinDaemon, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be called"):
        Remotes(Home(tmp_path)).add(name, remote_file(far))


def test_remotes_are_added_chosen_and_removed(tmp_path: Path, far: StandinDaemon) -> None:
    remotes = Remotes(Home(tmp_path / "laptop"))
    assert (remotes.names(), remotes.chosen()) == ([], LOCAL)
    assert remotes.connection() is None
    remotes.add("b", remote_file(far))
    remotes.add("a", remote_file(far))
    assert remotes.names() == ["a", "b"]
    remotes.choose("b")
    connection = remotes.connection()
    assert connection is not None
    assert connection.remote
    with pytest.raises(SettingsError, match="no remote daemon called 'c'"):
        remotes.choose("c")
    remotes.remove("b")
    assert (remotes.names(), remotes.chosen()) == (["a"], LOCAL)
    with pytest.raises(DaemonUnreachable):
        remotes.add("d", tmp_path / "no-such-file")


@pytest.mark.parametrize(
    "address", ["", "0.0.0.0:4", "tcp://0.0.0.0", "tcp://0.0.0.0:99999", "ipc:///tmp/x", "tcp://*"]
)
def test_an_address_that_cannot_be_listened_on(address: str) -> None:
    with pytest.raises(SettingsError, match="no address to listen on"):
        Listen(address)
