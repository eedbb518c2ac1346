"""The daemon's life: one per home, with fresh keys, a connection file, a log and a clean end."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from types import FrameType

import zmq
from zmq.auth.thread import ThreadAuthenticator

from neural_style.service.history import History
from neural_style.service.limits import Limits
from neural_style.service.server import Server
from neural_style.service.worker_link import WORKER_COMMAND, WorkerLink
from neural_style_protocol import __version__, daemon_lock
from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.connection import Connection
from neural_style_protocol.paths import Home

log = logging.getLogger(__name__)

LOOPBACK = "tcp://127.0.0.1:*"
LOG_BYTES = 2 << 20
LOGS_KEPT = 3
SEND_QUEUE = 2_000
"""Messages that may wait for one slow client before it is let go."""


def serve(
    home: Home,
    limits: Limits | None = None,
    *,
    worker_command: Sequence[str] = WORKER_COMMAND,
) -> None:
    """Run the daemon of ``home`` until it is told to end.

    Args:
        home: the product's folder.
        limits: how much it takes from its clients.
        worker_command: the beginning of the command line that starts the worker.

    Raises:
        DaemonError: another daemon of this home is running.
        StorageError: the home cannot be written.
    """
    limits = limits or Limits()
    home.make_private_folder(home.root)
    home.make_private_folder(home.run)
    with daemon_lock.held(home), _log_file(home), _front_socket() as (context, front, connection):
        worker = WorkerLink(context, home, limits, worker_command)
        server = Server(front, worker, History(home, limits), limits)
        with _ended_by_signals(server):
            connection.write(home.connection_file)
            _notify_service_manager()
            log.info("version %s listens on %s", __version__, connection.endpoint)
            try:
                server.run()
            finally:
                worker.close()
                _remove_own_file(home, connection)
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
def _front_socket() -> Iterator[
    tuple[zmq.Context[zmq.Socket[bytes]], zmq.Socket[bytes], Connection]
]:
    """A ROUTER on a free loopback port that lets one fresh client key in, and nothing else."""
    server_public, server_secret = zmq.curve_keypair()
    client_public, client_secret = zmq.curve_keypair()
    with zmq.Context() as context:
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        try:
            authenticator.configure_curve_callback(
                credentials_provider=_AllowedKeys(frozenset({client_public}))
            )
            with context.socket(zmq.ROUTER) as front:
                front.curve_server = True
                front.curve_secretkey = server_secret
                front.curve_publickey = server_public
                front.maxmsgsize = MAX_FRAME_BYTES
                front.router_mandatory = True
                front.sndhwm = SEND_QUEUE
                front.linger = 500
                front.heartbeat_ivl = 5_000
                front.heartbeat_timeout = 20_000
                front.bind(LOOPBACK)
                endpoint = front.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
                yield (
                    context,
                    front,
                    Connection(
                        endpoint=endpoint,
                        server_public_key=server_public.decode(),
                        client_public_key=client_public.decode(),
                        client_secret_key=client_secret.decode(),
                        pid=os.getpid(),
                        version=__version__,
                    ),
                )
        finally:
            authenticator.stop()


class _AllowedKeys:
    """Answers ZAP: a client key that is not listed gets nothing."""

    def __init__(self, keys: frozenset[bytes]) -> None:
        self._keys = keys

    def callback(self, domain: str, key: bytes) -> bool:
        return key in self._keys


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
    """Tell systemd that clients can come, where it has started this (see sd_notify(3))."""
    address = os.environ.pop("NOTIFY_SOCKET", "")
    if not address:
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
