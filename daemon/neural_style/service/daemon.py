"""Start and end of the daemon: its lock, keys, connection file and log."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType

from neural_style.service.front import Listen, front_socket
from neural_style.service.history import History
from neural_style.service.limits import Limits
from neural_style.service.server import Server
from neural_style.service.worker_link import WORKER_COMMAND, WorkerLink
from neural_style_protocol import __version__, daemon_lock
from neural_style_protocol.connection import Connection
from neural_style_protocol.paths import Home

log = logging.getLogger(__name__)

LOG_BYTES = 2 << 20
LOGS_KEPT = 3


def serve(
    home: Home,
    limits: Limits | None = None,
    *,
    listen: Listen | None = None,
    worker_command: Sequence[str] = WORKER_COMMAND,
    workers: int | None = None,
) -> None:
    """Run the daemon of ``home`` until it is shut down.

    Args:
        home: the product's folder.
        limits: limits on clients, jobs and waiting times.
        listen: the address for clients on other machines; by default there is none.
        worker_command: the start of a worker's command line.
        workers: how many workers compute side by side; None for one on each graphics card.

    Raises:
        DaemonError: another daemon of this home is running.
        StorageError: the home cannot be written.
    """
    limits = limits or Limits()
    home.make_private_folder(home.root)
    home.make_private_folder(home.run)
    with (
        daemon_lock.held(home),
        _log_file(home),
        front_socket(home, listen) as (context, front, connections),
    ):

        def link(number: int) -> WorkerLink:
            return WorkerLink(context, home, limits, worker_command, number=number)

        server = Server(front, link, History(home, limits), limits, workers)
        with _ended_by_signals(server):
            for path, connection in connections.items():
                connection.write(path)
                log.info("version %s listens on %s", __version__, connection.endpoint)
            _notify_service_manager()
            try:
                server.run()
            finally:
                server.end_workers()
                _remove_own_file(home, connections[home.connection_file])
                log.info("ended")


@contextlib.contextmanager
def _log_file(home: Home) -> Iterator[None]:
    folder = home.make_private_folder(home.logs)
    handler = logging.handlers.RotatingFileHandler(
        folder / "daemon.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("neural_style")
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


@contextlib.contextmanager
def _ended_by_signals(server: Server) -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        server.end()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _notify_service_manager() -> None:
    """If systemd has started the daemon, tell it that clients can connect; see sd_notify(3)."""
    address = os.environ.pop("NOTIFY_SOCKET", "")
    if sys.platform == "win32" or not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        try:
            notifications.connect("\0" + address[1:] if address[0] == "@" else address)
            notifications.send(b"READY=1")
        except OSError as error:
            log.warning("the service manager cannot be told (%s)", error)


def _remove_own_file(home: Home, connection: Connection) -> None:
    with contextlib.suppress(Exception):
        if Connection.read(home.connection_file) == connection:
            home.connection_file.unlink()
