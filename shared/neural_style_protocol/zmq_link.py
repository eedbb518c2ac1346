"""The direct link to a daemon: an encrypted ZeroMQ socket, monitored for disconnection."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import zmq
from zmq.utils.monitor import recv_monitor_message

from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonUnreachable, LinkDown

LINGER_MS = 500
RECONNECT_MS = (200, 5_000)
"""ZeroMQ's own shortest and longest pause between two attempts to connect."""

QUEUE = 1_000
"""Messages that wait in either direction, by default: ZeroMQ's own number."""


class ZmqLink:
    """One DEALER socket: a :class:`~neural_style_protocol.link.Link`.

    Args:
        queue: the most messages that wait in either direction.

    Raises:
        DaemonUnreachable: the connection has no valid address.
    """

    def __init__(self, connection: Connection, *, queue: int = QUEUE) -> None:
        self._connection = connection
        self._queue = queue
        self._context = zmq.Context()
        self._parked: list[zmq.Socket[bytes]] = []
        self._disconnected = False
        self._open()
        try:
            self._connect()
        except zmq.ZMQError as error:
            self.close()
            raise DaemonUnreachable("The connection file names no usable address.") from error

    def _open(self) -> None:
        self._socket = self._context.socket(zmq.DEALER)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    def _connect(self) -> None:
        socket, connection = self._socket, self._connection
        socket.linger = LINGER_MS
        socket.maxmsgsize = MAX_FRAME_BYTES
        socket.sndhwm = socket.rcvhwm = self._queue
        socket.curve_serverkey = connection.server_public_key.encode()
        socket.curve_publickey = connection.client_public_key.encode()
        socket.curve_secretkey = connection.client_secret_key.encode()
        socket.reconnect_ivl, socket.reconnect_ivl_max = RECONNECT_MS
        if connection.remote:
            socket.heartbeat_ivl = 5_000
            socket.heartbeat_timeout = 15_000
            socket.connect_timeout = 5_000
        socket.connect(connection.endpoint)

    @property
    def remote(self) -> bool:
        return self._connection.remote

    @property
    def fd(self) -> int:
        """The socket's descriptor, which is edge-triggered."""
        return int(self._socket.getsockopt(zmq.FD))

    def send(self, frames: Sequence[bytes]) -> None:
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again as error:
            if self.remote:
                raise LinkDown("The link to the remote daemon is down.") from error
            raise DaemonUnreachable("The daemon does not take any messages.") from error

    def receive(self) -> Sequence[bytes] | None:
        return self._socket.recv_multipart() if _readable(self._socket) else None

    def poll(self, seconds: float) -> None:
        poller = zmq.Poller()
        self.register(poller, zmq.POLLIN)
        poller.poll(max(1, int(seconds * 1000)))

    def register(self, poller: zmq.Poller, flags: int) -> None:
        """Have ``poller`` wake up for ``flags`` of the socket, and when the daemon has gone."""
        if flags:
            poller.register(self._socket, flags)
        poller.register(self._monitor, zmq.POLLIN)

    def renew(self) -> None:
        """Connect with a new socket.

        ZeroMQ never tries an address again where another program has answered once. The old socket
        stays open until :meth:`close`, because a main loop may be polling its descriptor.
        """
        with contextlib.suppress(zmq.ZMQError):
            self._socket.disconnect(self._connection.endpoint)
        self._parked.append(self._socket)
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._open()
        self._connect()

    def failure(self) -> DaemonUnreachable | None:
        while _readable(self._monitor):
            recv_monitor_message(self._monitor)
            self._disconnected = True
        if self._disconnected and not self.remote:
            return DaemonUnreachable("The daemon stopped unexpectedly.")
        return None

    def close(self) -> None:
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        for parked in self._parked:
            parked.close(linger=0)
        self._socket.close()
        self._context.term()


def _readable(socket: zmq.Socket[bytes]) -> bool:
    return bool(int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)
