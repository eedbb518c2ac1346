"""Where the service and its worker meet: a Unix socket, or an encrypted port on Windows.

Windows has no Unix sockets for ZeroMQ, and any user's program can connect to a port. So both sides
get keys there, through the worker's standard input: other users can read a command line.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import zmq

LOOPBACK = "tcp://127.0.0.1:*"


@dataclass(frozen=True)
class WorkerKeys:
    """The worker's key pair and the service's, in Z85. Nobody else knows even the public keys."""

    worker_public: str
    worker_secret: str
    service_public: str
    service_secret: str

    @classmethod
    def generate(cls) -> WorkerKeys:
        pairs = (*zmq.curve_keypair(), *zmq.curve_keypair())
        return cls(*(key.decode() for key in pairs))


def bind(socket: zmq.Socket[bytes], path: Path, system: str = sys.platform) -> tuple[str, bytes]:
    """Bind the service's socket.

    Args:
        path: the Unix socket, where the system has them.

    Returns:
        The address for the worker's command line, and what its standard input gets.
    """
    if system != "win32":
        endpoint = f"ipc://{path}"
        socket.bind(endpoint)
        return endpoint, b""
    keys = WorkerKeys.generate()
    # In CURVE's terms the worker is the server: so nobody can answer who has not its secret key.
    socket.curve_serverkey = keys.worker_public.encode()
    socket.curve_publickey = keys.service_public.encode()
    socket.curve_secretkey = keys.service_secret.encode()
    socket.bind(LOOPBACK)
    endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    return endpoint, json.dumps(asdict(keys)).encode() + b"\n"


def connect(
    socket: zmq.Socket[bytes], endpoint: str, standard_input: BinaryIO | None = None
) -> None:
    """Connect the worker's socket.

    Raises:
        ValueError: the address needs keys, and standard input has none.
    """
    if endpoint.startswith("tcp:"):
        keys = _keys_from(standard_input or sys.stdin.buffer)
        socket.curve_server = True
        socket.curve_publickey = keys.worker_public.encode()
        socket.curve_secretkey = keys.worker_secret.encode()
    socket.connect(endpoint)


def _keys_from(standard_input: BinaryIO) -> WorkerKeys:
    try:
        return WorkerKeys(**json.loads(standard_input.readline()))
    except TypeError as error:
        raise ValueError("the worker got no keys for its socket") from error
