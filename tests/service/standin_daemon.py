"""The real service with the stand-in worker, as a process of its own.

``NEURAL_STYLE_HOME=… python standin_daemon.py serve``
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psutil
import zmq

from neural_style_protocol import events
from neural_style_protocol._message import Message
from neural_style_protocol.bridge.connecting import connect_by_bridge
from neural_style_protocol.client import Client
from neural_style_protocol.client_messages import Hello, ImageOffer
from neural_style_protocol.connection import Connection
from neural_style_protocol.daemon_messages import Welcome
from neural_style_protocol.errors import DaemonUnreachable
from neural_style_protocol.launcher import connect, connect_or_start
from neural_style_protocol.messages import decode_from_daemon, encode
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

COMMAND = (sys.executable, str(Path(__file__).resolve()))
WORKER = (sys.executable, str(Path(__file__).resolve().with_name("standin_worker.py")))
LIMITS = "limits.json"
LISTEN = "listen.txt"
WORKERS = "workers.txt"
PROGRAM = "worker-program.txt"
WAIT = 60.0
"""Seconds after which something that should happen did not."""

_left: WeakKeyDictionary[Client, list[events.Event]] = WeakKeyDictionary()
"""What came after the event that a test last waited for."""


class StandinDaemon:
    """A home whose daemon is started, used, and ended with everything it started.

    Its clients are connected by ``link``, which is ``direct`` or ``bridge``.
    """

    def __init__(self, home: Home, link: str = "direct") -> None:
        self.home = home
        self._connect = connect_by_bridge if link == "bridge" else connect_or_start
        self._pids: set[int] = set()

    def limit(self, **limits: Any) -> None:
        """Set limits for the next start."""
        (self.home.root / LIMITS).write_text(json.dumps(limits), encoding="utf-8")

    def use_workers(self, count: int) -> None:
        """Let so many workers compute side by side from the next start on."""
        (self.home.root / WORKERS).write_text(str(count), encoding="utf-8")

    def use_program(self, program: Path) -> None:
        """Let a program start the workers, from the next start of the daemon on."""
        (self.home.root / PROGRAM).write_text(str(program), encoding="utf-8")

    def start(self, **limits: Any) -> int:
        """Start it and return its process."""
        if limits:
            self.limit(**limits)
        with self.client() as client:
            return client.daemon.pid

    def client(self, name: str = "test") -> Client:
        """A client; the daemon is started if need be."""
        client = self._connect(self.home, COMMAND, name=name)
        self._pids.add(client.daemon.pid)
        return client

    def connection(self) -> Connection:
        return Connection.read(self.home.connection_file)

    def worker_pid(self) -> int:
        """The process of a worker that is ready."""
        with self.client() as client:
            wait_until(lambda: client.status().state != "loading")
            return client.status().worker_pid

    def kill(self) -> None:
        """End the service and its worker as a power cut would."""
        with self.client() as client:
            family = _family(client.daemon.pid)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=20)

    def end(self) -> None:
        """End everything, by force if need be."""
        processes = [p for pid in self._pids for p in _family(pid)]
        with contextlib.suppress(DaemonUnreachable), connect(self.home) as client:
            client.shut_down()
        _, alive = psutil.wait_procs(processes, timeout=20)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


class RawClient:
    """A socket that says whatever it is told to."""

    def __init__(self, connection: Connection, *, keys: tuple[bytes, bytes] | None = None) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.linger = 0
        public = connection.client_public_key.encode()
        secret = connection.client_secret_key.encode()
        self.socket.curve_serverkey = connection.server_public_key.encode()
        self.socket.curve_publickey, self.socket.curve_secretkey = keys or (public, secret)
        self.socket.connect(connection.endpoint)

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()
        self._context.term()

    def greet(self) -> RawClient:
        """Say hello, and hear the welcome."""
        self.say(Hello(1, 1))
        assert isinstance(self.hear(), Welcome)
        return self

    def say(self, message: Message, pixels: bytes = b"") -> None:
        self.socket.send_multipart(encode(message, pixels))

    def hear(self, seconds: float = WAIT) -> Message | None:
        """The next message, None if nothing comes."""
        if not self.socket.poll(int(seconds * 1000)):
            return None
        message, _ = decode_from_daemon(self.socket.recv_multipart())
        return message


def picture(width: int = 8, height: int = 6, channels: int = 3, seed: int = 1) -> Picture:
    """A small picture whose bytes differ from seed to seed."""
    count = width * height * channels
    return Picture.of(
        width, height, channels, bytes((seed * 31 + i * 7) % 256 for i in range(count))
    )


def submit(client: Client, content: Picture | None = None, **settings: object) -> str:
    """Send a job with a small style image; returns its name."""
    style = picture(5, 4, seed=9)
    return client.submit(content or picture(), [(style, 1.0)], Settings.from_dict(settings))


def paint(client: Client, content: Picture | None = None, **settings: object) -> events.Finished:
    """Send a job and wait for its picture."""
    submit(client, content, **settings)
    finished = until(client, events.Finished)[-1]
    assert isinstance(finished, events.Finished)
    return finished


def offers_of(content: Picture, style: Picture) -> tuple[ImageOffer, ...]:
    return ImageOffer("content", content.spec), ImageOffer("style", style.spec)


def until(
    client: Client, kind: type[events.Event] | tuple[type[events.Event], ...]
) -> list[events.Event]:
    """The events up to and including the first of ``kind``."""
    heard: list[events.Event] = []
    left = _left.setdefault(client, [])
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        left += client.wait(0.0 if left else 0.2)
        while left:
            heard.append(left.pop(0))
            if isinstance(heard[-1], kind):
                return heard
    raise AssertionError(f"no {kind} among {[type(event).__name__ for event in heard]}")


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def run_command(arguments: list[str], home: Home, **more: Any) -> subprocess.CompletedProcess[str]:
    """A finished command with this home."""
    environment: Mapping[str, str] = {**os.environ, "NEURAL_STYLE_HOME": str(home.root)}
    return subprocess.run(
        arguments, env=environment, capture_output=True, text=True, timeout=60, check=False, **more
    )


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def main() -> None:
    from neural_style import bridge
    from neural_style.bridge.standard_streams import own_streams
    from neural_style.service.daemon import serve
    from neural_style.service.front import Listen
    from neural_style.service.limits import Limits

    home = Home.find()
    if sys.argv[1:] == ["bridge"]:
        source, sink = own_streams()
        bridge.run(home, COMMAND, source, sink)
        return
    try:
        limits = Limits(**json.loads((home.root / LIMITS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        limits = Limits()
    address = home.root / LISTEN
    listen = Listen(*address.read_text(encoding="utf-8").split()) if address.exists() else None
    count = home.root / WORKERS
    workers = int(count.read_text(encoding="utf-8")) if count.exists() else None
    named = home.root / PROGRAM
    program = named.read_text(encoding="utf-8") if named.exists() else WORKER[0]
    serve(home, limits, listen=listen, worker_command=(program, *WORKER[1:]), workers=workers)


if __name__ == "__main__":
    main()
