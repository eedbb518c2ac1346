"""The service's link to the worker process: start it, exchange messages, end it."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import zmq

from neural_style.jobstore import worker_address, worker_messages
from neural_style.jobstore.worker_messages import Beat
from neural_style.service.limits import Limits
from neural_style_protocol import atomic
from neural_style_protocol._message import Message
from neural_style_protocol.background import unseen
from neural_style_protocol.client_messages import Shutdown
from neural_style_protocol.daemon_messages import CardLine
from neural_style_protocol.errors import ProtocolError, WorkerError
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import reason

log = logging.getLogger(__name__)

WorkerState = Literal["stopped", "loading", "ready", "busy"]

WORKER_COMMAND = (sys.executable, "-m", "neural_style.worker")
"""The start of the worker's command line.

The socket's address, the home and this process's number follow.
"""

LONGEST_SOCKET_PATH = 107
"""Most bytes in the path of a Unix socket."""

LOG_BYTES = 2 << 20
KILL_SECONDS = 2.0
"""Longest wait for a worker that was killed."""
BEAT_SECONDS = 1.0
BEAT_GAP_SECONDS = 5.0
"""A longer gap between two checks means that this process was not running."""

SOCKET_PREFIX = "worker-"
NONE: Mapping[str, str] = MappingProxyType({})


class WorkerLink:
    """One worker at a time, on a PAIR socket in a private folder.

    Each worker gets its own socket, so that messages of a dead worker are never read.

    Args:
        number: that of the link among those of one service.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        home: Home,
        limits: Limits,
        command: Sequence[str] = WORKER_COMMAND,
        *,
        number: int = 0,
        system: str = sys.platform,
    ) -> None:
        self._context = context
        self._home = home
        self._limits = limits
        self._command = tuple(command)
        self._system = system
        self._folder = _socket_folder(home, number)
        # A worker of an earlier service may try to connect to its old address for a second.
        self._token = secrets.token_hex(4)
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._left_behind: list[subprocess.Popen[bytes]] = []
        self.socket: zmq.Socket[bytes] | None = None
        self.state: WorkerState = "stopped"
        self.device = ""
        self.cards: tuple[CardLine, ...] = ()
        self._began = self._last_check = self._last_heard = self._last_beat = time.monotonic()

    @property
    def loading_seconds(self) -> float:
        """How long the worker has been loading its network."""
        return time.monotonic() - self._began if self.state == "loading" else 0.0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self, arguments: Sequence[str] = (), variables: Mapping[str, str] = NONE) -> None:
        """Start a worker; it sends ``ready`` when its network is loaded.

        Args:
            arguments: more of them for its command line.
            variables: more of them for its environment.

        Raises:
            WorkerError: the system starts no process, for example because memory is short.
        """
        try:
            self._start(arguments, variables)
        except OSError as error:
            self.clear()
            raise WorkerError(
                "The computing process cannot start ({reason}).",
                next_step="Close other programs, then try again.",
                reason=reason(error),
            ) from error

    def _start(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        self._left_behind = [process for process in self._left_behind if process.poll() is None]
        self._count += 1
        path = self._folder / f"{SOCKET_PREFIX}{self._token}-{self._count}"
        self.socket = self._context.socket(zmq.PAIR)
        self.socket.linger = 0
        endpoint, keys = worker_address.bind(self.socket, path, self._system)
        with self._log_file().open("ab") as output:
            self._process = subprocess.Popen(
                [*self._command, endpoint, str(self._home.root), str(os.getpid()), *arguments],
                stdin=subprocess.PIPE if keys else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **variables},
                **unseen(),
            )
        self._hand_over(keys)
        self.state = "loading"
        self._began = self._last_check = self._last_heard = time.monotonic()
        log.info("worker %d started", self._process.pid)

    def _hand_over(self, keys: bytes) -> None:
        """Give the worker the keys of its socket; one that has died already does not get them."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError), self._process.stdin as pipe:
                pipe.write(keys)

    def _log_file(self) -> Path:
        path = self._home.make_private_folder(self._home.logs) / "worker.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            with contextlib.suppress(OSError):  # another worker may be writing to it
                atomic.replace(path, path.with_name("worker.log.1"))
        return path

    def send(self, message: Message, pictures: Sequence[bytes] = ()) -> None:
        """Send without waiting; :meth:`exit_status` shows whether the worker has died."""
        if self.socket is not None:
            with contextlib.suppress(zmq.Again):
                frames = worker_messages.encode(message, pictures)
                self.socket.send_multipart(frames, zmq.NOBLOCK, copy=False)

    def receive(self) -> tuple[Message, list[bytes]] | None:
        """The next message and its pictures' pixels; None if there is none."""
        if self.socket is None:
            return None
        try:
            frames = self.socket.recv_multipart(zmq.NOBLOCK)
            self._last_heard = time.monotonic()
            return worker_messages.decode(frames)
        except zmq.Again:
            return None
        except ProtocolError as error:
            log.error("worker: %s", error)
            return None

    def exit_status(self) -> int | None:
        """The exit status of a worker that has ended; None if it is running or there is none."""
        return self._process.poll() if self._process else None

    def silent_seconds(self) -> float:
        """How long the worker has not answered; sends it a ``beat`` every second.

        Time in which this process was not running is not counted.
        """
        now = time.monotonic()
        if self._process is None or now - self._last_check > BEAT_GAP_SECONDS:
            self._last_heard = now
        self._last_check = now
        if now - self._last_beat > BEAT_SECONDS:
            self._last_beat = now
            self.send(Beat())
        return now - self._last_heard

    def wait(self, seconds: float) -> None:
        """Wait until a message may have arrived, for at most ``seconds``."""
        if self.socket is None:
            time.sleep(seconds)
        else:
            self.socket.poll(int(seconds * 1000))

    def kill(self) -> None:
        """Kill the worker. One that is stuck in a driver, and does not end, is left behind."""
        if self._process is not None:
            self._process.kill()
            try:
                self._process.wait(KILL_SECONDS)
            except subprocess.TimeoutExpired:
                log.error("worker %d does not end although it was killed", self.pid)
                self._left_behind.append(self._process)
        self.clear()

    def clear(self) -> None:
        """Forget a worker that has ended."""
        if self.socket is not None:
            self.socket.close(linger=0)
        self.socket = None
        self._process = None
        self.state = "stopped"

    def stop(self) -> None:
        """Ask the worker to end; kill it if it takes too long."""
        if self._process is not None and self.state != "loading":
            self.send(Shutdown())
            try:
                self._process.wait(self._limits.stop_grace)
            except subprocess.TimeoutExpired:
                log.warning("worker %d does not end and is killed", self.pid)
        self.kill()

    def close(self) -> None:
        """End the worker and remove the sockets' folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _socket_folder(home: Home, number: int) -> Path:
    """A private folder for the sockets, in the home, so that the next daemon can clean it up.

    Only if the home's path is too long for a socket, it is a temporary folder.
    """
    folder = home.run / (f"worker-{number}" if number else "worker")
    if len(os.fsencode(folder / f"{SOCKET_PREFIX}01234567-999999")) > LONGEST_SOCKET_PATH:
        return Path(tempfile.mkdtemp(prefix="neural-style-"))
    shutil.rmtree(folder, ignore_errors=True)
    return home.make_private_folder(folder)
