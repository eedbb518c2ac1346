"""The worker process as the service sees it: started, spoken to, ended and replaced."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import zmq

from neural_style.service.limits import Limits
from neural_style.worker import messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Shutdown
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.paths import Home

log = logging.getLogger(__name__)

WorkerState = Literal["stopped", "loading", "ready", "busy"]


class WorkerLink:
    """One worker at a time, on a PAIR socket in a private folder.

    Each worker gets a socket of its own, so that nothing a dead one left behind is read.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], home: Home, limits: Limits) -> None:
        self._context = context
        self._home = home
        self._limits = limits
        self._folder = Path(tempfile.mkdtemp(prefix="neural-style-"))
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.socket: zmq.Socket[bytes] | None = None
        self.state: WorkerState = "stopped"
        self.device = ""

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start a worker; it says ``ready`` once its network is loaded."""
        self._count += 1
        endpoint = f"ipc://{self._folder}/worker-{self._count}"
        self.socket = self._context.socket(zmq.PAIR)
        self.socket.linger = 0
        self.socket.bind(endpoint)
        with (self._home.make_private_folder(self._home.logs) / "worker.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "neural_style.worker", endpoint, str(self._home.root)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ.copy(),
            )
        self.state = "loading"
        log.info("worker %d started", self._process.pid)

    def send(self, message: Message, pictures: Sequence[bytes] = ()) -> None:
        """Send without waiting; a worker that is gone is noticed by ``ended``."""
        if self.socket is not None:
            with contextlib.suppress(zmq.Again):
                frames = messages.encode(message, pictures)
                self.socket.send_multipart(frames, zmq.NOBLOCK, copy=False)

    def receive(self) -> tuple[Message, list[bytes]] | None:
        """The next message, or None when there is none now."""
        if self.socket is None:
            return None
        try:
            return messages.decode(self.socket.recv_multipart(zmq.NOBLOCK))
        except zmq.Again:
            return None
        except ProtocolError as error:
            log.error("worker: %s", error)
            return None

    def ended(self) -> int | None:
        """The exit status of a worker that is gone; None while it lives or there is none."""
        return self._process.poll() if self._process else None

    def clear(self) -> None:
        """Forget a worker that has ended."""
        if self.socket is not None:
            self.socket.close(linger=0)
        self.socket = None
        self._process = None
        self.state = "stopped"

    def stop(self) -> None:
        """End the worker, by force if it takes too long."""
        if self._process is not None:
            self.send(Shutdown())
            try:
                self._process.wait(self._limits.stop_grace)
            except subprocess.TimeoutExpired:
                log.warning("worker %d does not end and is killed", self.pid)
                self._process.kill()
                self._process.wait()
        self.clear()

    def close(self) -> None:
        """End the worker and remove the socket's folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
