"""A client's socket: encrypted, kept alive with pings, and monitored for disconnection."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import zmq
from zmq.utils.monitor import recv_monitor_message

from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Ping
from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonUnreachable, LinkDown
from neural_style_protocol.messages import DaemonMessage, decode_from_daemon, encode
from neural_style_protocol.phrases import Duration

PING_SECONDS = 2.0
SILENT_SECONDS = 30.0
"""The connection is given up when pings have had no answer for so long. A daemon normally answers
in milliseconds."""

REMOTE_SILENT_SECONDS = 180.0
"""The same for a daemon on another machine, where the link may drop and come back."""

RECONNECT_SECONDS = 12.0
"""A silent remote connection is opened again, at most once in so many seconds."""

LINGER_MS = 500
RECONNECT_MS = (200, 5_000)
"""ZeroMQ's own shortest and longest pause between two attempts to connect."""


class Link:
    """One DEALER socket; not thread-safe.

    Raises:
        DaemonUnreachable: the connection has no valid address.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._remote = connection.remote
        self._context = zmq.Context()
        self._parked: list[zmq.Socket[bytes]] = []
        self._last_ping = self._last_reconnect = time.monotonic()
        self._unanswered_since: float | None = None
        self._disconnected = False
        self._open()
        try:
            self._connect(connection)
        except zmq.ZMQError as error:
            self.close()
            raise DaemonUnreachable("The connection file names no usable address.") from error

    def _open(self) -> None:
        self._socket = self._context.socket(zmq.DEALER)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    def _reconnect(self) -> None:
        """Connect with a new socket.

        ZeroMQ never tries an address again where another program has answered once. The old socket
        stays open until :meth:`close`, because a main loop may be polling its descriptor.
        """
        self._last_reconnect = time.monotonic()
        with contextlib.suppress(zmq.ZMQError):
            self._socket.disconnect(self._connection.endpoint)
        self._parked.append(self._socket)
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._open()
        self._connect(self._connection)

    def _connect(self, connection: Connection) -> None:
        socket = self._socket
        socket.linger = LINGER_MS
        socket.maxmsgsize = MAX_FRAME_BYTES
        socket.curve_serverkey = connection.server_public_key.encode()
        socket.curve_publickey = connection.client_public_key.encode()
        socket.curve_secretkey = connection.client_secret_key.encode()
        socket.reconnect_ivl, socket.reconnect_ivl_max = RECONNECT_MS
        if self._remote:
            socket.heartbeat_ivl = 5_000
            socket.heartbeat_timeout = 15_000
            socket.connect_timeout = 5_000
        socket.connect(connection.endpoint)

    def close(self) -> None:
        """Close the sockets."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        for parked in self._parked:
            parked.close(linger=0)
        self._socket.close()
        self._context.term()

    @property
    def fd(self) -> int:
        """A file descriptor, edge-triggered: readable when messages may have arrived."""
        return int(self._socket.getsockopt(zmq.FD))

    def send(self, message: Message, pixels: bytes = b"") -> None:
        """Send without waiting.

        Raises:
            LinkDown: the link to a remote daemon is down, perhaps for a short time.
            DaemonUnreachable: the send queue is full.
        """
        try:
            self._socket.send_multipart(encode(message, pixels), zmq.NOBLOCK)
        except zmq.Again as error:
            if self._remote:
                raise LinkDown("The link to the remote daemon is down.") from error
            raise DaemonUnreachable("The daemon does not take any messages.") from error

    def received(self) -> Iterator[tuple[DaemonMessage, bytes]]:
        """Yield all messages that have arrived; skip types that this version does not know.

        Raises:
            ProtocolError: a message is invalid.
        """
        # The socket's FD is edge-triggered, so the queue must be emptied.
        while _readable(self._socket):
            message, pixels = decode_from_daemon(self._socket.recv_multipart())
            self._unanswered_since = None
            if message is not None:
                yield message, pixels

    def keep_alive(self) -> None:
        """Send a ping when it is due, and reconnect to a remote daemon that does not answer."""
        now = time.monotonic()
        silent = 0.0 if self._unanswered_since is None else now - self._unanswered_since
        if self._remote and min(silent, now - self._last_reconnect) > RECONNECT_SECONDS:
            self._reconnect()
        if now - self._last_ping > PING_SECONDS:
            self._last_ping = now
            if self._unanswered_since is None:
                self._unanswered_since = now
            with contextlib.suppress(LinkDown):
                self.send(Ping())

    def failure(self) -> DaemonUnreachable | None:
        """Why the connection must be given up; None while it works."""
        while _readable(self._monitor):
            recv_monitor_message(self._monitor)
            self._disconnected = True
        if self._disconnected and not self._remote:
            return DaemonUnreachable("The daemon stopped unexpectedly.")
        silent = REMOTE_SILENT_SECONDS if self._remote else SILENT_SECONDS
        if self._unanswered_since is None or time.monotonic() - self._unanswered_since < silent:
            return None
        return DaemonUnreachable(
            "The daemon has not answered for {time}.",
            next_step="Run `neural-style restart`, then try again.",
            time=Duration(silent),
        )

    def poll(self, seconds: float) -> None:
        """Wait until messages may have arrived, for at most ``seconds``."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._monitor, zmq.POLLIN)
        poller.poll(max(1, int(min(seconds, PING_SECONDS) * 1000)))


def _readable(socket: zmq.Socket[bytes]) -> bool:
    return bool(int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)
