"""What is on its way in the bridge: no more than it says, whoever does not read."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from io import FileIO

import pytest
import zmq

from neural_style.bridge import bridge
from neural_style.bridge.bridge import QUEUE, Bridge
from neural_style.bridge.pipes import WAITING, Inflow, Outflow
from neural_style_protocol.bridge import parcels
from neural_style_protocol.bridge.controls import Renew, parcel_of
from neural_style_protocol.bridge.parcels import Parcel
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.zmq_link import ZmqLink

FRAME = b"x" * (1 << 20)
MANY = 200
IN_THE_SYSTEM = 16
"""Frames of a mebibyte that the kernel's buffers and ZeroMQ's own may hold."""

MILLISECONDS = 30_000


class FakeDaemon:
    """A ROUTER that says what it is told to, to whoever has spoken last."""

    def __init__(self) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.sndhwm = self.socket.rcvhwm = 1
        self.socket.router_mandatory = True
        self.socket.sndtimeo = self.socket.rcvtimeo = MILLISECONDS
        public, self.socket.curve_secretkey = zmq.curve_keypair()
        self.socket.curve_server = True
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        mine, secret = (key.decode() for key in zmq.curve_keypair())
        self.connection = Connection(
            f"tcp://127.0.0.1:{port}", public.decode(), mine, secret, os.getpid(), "0"
        )

    def send_many(self, identity: bytes) -> int:
        """Send large messages until nobody takes them any more; how many were taken."""
        self.socket.sndtimeo = 1_000
        for number in range(MANY):
            try:
                self.socket.send_multipart([identity, b"%d" % number, FRAME])
            except zmq.Again:
                return number
        return MANY

    def close(self) -> None:
        self.socket.close()
        self._context.term()


class Running:
    """A bridge in a thread, with the other ends of its pipes."""

    def __init__(self, connection: Connection) -> None:
        source, near = os.pipe()
        far, sink = os.pipe()
        self.to_bridge, self.from_bridge = FileIO(near, "w"), FileIO(far, "r")
        self._ends = FileIO(source, "r"), FileIO(sink, "w")
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.failure: NeuralStyleError | None = None
        self._link = ZmqLink(connection, queue=QUEUE)
        self._inflow = Inflow(self._context, self._ends[0])
        outflow = Outflow(self._context, self._ends[1])
        self._bridge = Bridge(self._link, self._inflow, outflow)
        self.thread = threading.Thread(target=self._run, args=(outflow,))
        self.thread.start()

    def _run(self, outflow: Outflow) -> None:
        try:
            self._bridge.pass_on()
        except NeuralStyleError as error:
            self.failure = error
        outflow.close()

    def say(self, *frames: bytes) -> None:
        parcels.write(self.to_bridge, Parcel(frames))

    def flood(self, count: int) -> None:
        """Say so many large messages, unless nobody reads them."""
        with contextlib.suppress(OSError, ValueError):
            for number in range(count):
                self.say(b"%d" % number, FRAME)

    def close(self) -> None:
        for end in (self.to_bridge, self.from_bridge):
            end.close()
        self.thread.join()
        while self._inflow.wait() is not None:
            pass  # so that its thread ends
        self._link.close()
        for end in self._ends:
            end.close()
        self._context.destroy(linger=0)


@pytest.fixture
def fake() -> Iterator[FakeDaemon]:
    made = FakeDaemon()
    yield made
    made.close()


@pytest.fixture
def running(fake: FakeDaemon) -> Iterator[Running]:
    made = Running(fake.connection)
    yield made
    made.close()


def test_a_program_that_does_not_read_stops_the_daemon_and_not_itself(
    fake: FakeDaemon, running: Running
) -> None:
    running.say(b"hello")
    identity, *_ = fake.socket.recv_multipart()
    sent = fake.send_many(identity)
    assert 0 < sent <= QUEUE + 2 * WAITING + IN_THE_SYSTEM
    running.say(b"cancel")
    assert fake.socket.recv_multipart()[1:] == [b"cancel"]
    for number in range(sent):
        arrived = parcels.read(running.from_bridge)
        assert arrived is not None
        assert arrived.frames == (b"%d" % number, FRAME)


def test_a_daemon_that_does_not_read_stops_the_program(fake: FakeDaemon, running: Running) -> None:
    sent = 0
    written = threading.Event()

    def flood() -> None:
        nonlocal sent
        for number in range(MANY):
            running.say(b"%d" % number, FRAME)
            sent += 1
        written.set()

    flooding = threading.Thread(target=flood)
    flooding.start()
    assert not written.wait(5.0)
    assert sent <= QUEUE + 2 * WAITING + IN_THE_SYSTEM
    for number in range(MANY):
        assert fake.socket.recv_multipart()[1:] == [b"%d" % number, FRAME]
    flooding.join()
    assert sent == MANY


def test_a_daemon_that_takes_no_messages_is_given_up(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its program may have gone without the bridge seeing it, behind what is held."""
    monkeypatch.setattr(bridge, "GIVE_UP_SECONDS", 1.0)
    threading.Thread(target=running.flood, args=(MANY,), daemon=True).start()
    running.thread.join(60)
    assert running.failure is not None
    assert "does not take any messages" in running.failure.sentence


def test_a_connection_is_made_anew_when_that_is_asked_for(
    fake: FakeDaemon, running: Running
) -> None:
    running.say(b"one")
    first, *_ = fake.socket.recv_multipart()
    parcels.write(running.to_bridge, parcel_of(Renew()))
    running.say(b"two")
    second, *frames = fake.socket.recv_multipart()
    assert (first != second, frames) == (True, [b"two"])


def test_all_that_the_daemon_said_before_it_went_arrives(
    fake: FakeDaemon, running: Running
) -> None:
    running.say(b"hello")
    identity, *_ = fake.socket.recv_multipart()
    for number in range(20):
        fake.socket.send_multipart([identity, b"%d" % number])
    fake.socket.linger = MILLISECONDS
    fake.socket.close()
    arrived = [parcels.read(running.from_bridge) for _ in range(20)]
    assert [it.frames for it in arrived if it is not None] == [(b"%d" % n,) for n in range(20)]
    running.thread.join(30)
    assert running.failure is not None
    assert "stopped unexpectedly" in running.failure.sentence


def test_the_bridge_ends_when_the_program_has_gone(running: Running) -> None:
    running.to_bridge.close()
    running.thread.join(30)
    assert not running.thread.is_alive()
    assert running.failure is None
