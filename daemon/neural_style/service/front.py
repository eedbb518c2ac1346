"""The socket for clients: encrypted, for listed keys only, by default on the loopback address."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import zmq

from neural_style.jobstore.curve_keys import CurveKeys
from neural_style.service.gate import accept_only
from neural_style_protocol import __version__, atomic
from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonError, SettingsError
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import reason

LOOPBACK = "tcp://127.0.0.1:*"
SEND_QUEUE = 2_000
"""Messages that may wait for one slow client before it is disconnected."""

Front = tuple[zmq.Context[zmq.Socket[bytes]], zmq.Socket[bytes], Mapping[Path, Connection]]


@dataclass(frozen=True)
class Listen:
    """The address for clients on other machines.

    ``address`` is a ZeroMQ address such as ``tcp://0.0.0.0:4050``. ``host`` is the name or address
    of this machine for those clients; by default its host name.

    Raises:
        SettingsError: the address does not have that form.
    """

    address: str
    host: str = ""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.address)
            valid = parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path
        except ValueError:
            valid = False
        if not valid:
            raise SettingsError(
                "{address} is no address to listen on.",
                next_step="Give one such as tcp://0.0.0.0:4050.",
                address=repr(self.address),
            )

    @property
    def endpoint(self) -> str:
        """The address that clients use."""
        return f"tcp://{self.host or socket.gethostname()}:{urlsplit(self.address).port}"


@contextlib.contextmanager
def front_socket(home: Home, listen: Listen | None) -> Iterator[Front]:
    """Open a bound ROUTER; yield its context, the socket, and the connections to write, by path.

    Raises:
        DaemonError: the daemon cannot listen on the address.
        StorageError: the keys of remote clients cannot be stored.
    """
    local = CurveKeys.generate()
    remote = None if listen is None else _remote_keys(home)
    own = remote or local
    allowed = frozenset({local.client_public} | ({remote.client_public} if remote else set()))
    with (
        zmq.Context() as context,
        accept_only(context, allowed),
        context.socket(zmq.ROUTER) as front,
    ):
        front.curve_server = True
        front.curve_secretkey, front.curve_publickey = own.server_secret, own.server_public
        front.maxmsgsize = MAX_FRAME_BYTES
        front.router_mandatory = True
        front.sndhwm = SEND_QUEUE
        front.linger = 500
        front.heartbeat_ivl = 5_000
        front.heartbeat_timeout = 20_000
        front.bind(LOOPBACK)
        endpoint = front.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        connections = {home.connection_file: _connection(endpoint, own, local, remote=False)}
        if listen is not None and remote is not None:
            _bind(front, listen)
            remote_connection = _connection(listen.endpoint, own, remote, remote=True)
            connections[home.run / "remote-connection.json"] = remote_connection
        yield context, front, connections


def _bind(front: zmq.Socket[bytes], listen: Listen) -> None:
    try:
        front.bind(listen.address)
    except zmq.ZMQError as error:
        raise DaemonError(
            "The daemon cannot listen on {address} ({reason}).",
            next_step="Choose another port or address.",
            address=listen.address,
            reason=reason(error),
        ) from error


def _connection(endpoint: str, own: CurveKeys, client: CurveKeys, *, remote: bool) -> Connection:
    return Connection(
        endpoint=endpoint,
        server_public_key=own.server_public.decode(),
        client_public_key=client.client_public.decode(),
        client_secret_key=client.client_secret.decode(),
        pid=os.getpid(),
        version=__version__,
        remote=remote,
    )


def _remote_keys(home: Home) -> CurveKeys:
    """The keys for remote clients. They are stored, because other machines have copies of them."""
    path = home.run / "remote-keys.json"
    try:
        keys = CurveKeys.from_json(path.read_bytes())
        if zmq.curve_public(keys.server_secret) == keys.server_public:
            return keys
    except (OSError, ValueError, zmq.ZMQError):
        pass
    keys = CurveKeys.generate()
    atomic.write(path, keys.to_json())
    return keys
