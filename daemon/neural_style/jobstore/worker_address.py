"""Where the service and its worker meet: a Unix socket, or an encrypted port on Windows.

Windows has no Unix sockets for ZeroMQ, and any user's program can connect to a port. So both sides
get keys there, through the worker's standard input: other users can read a command line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import zmq

from neural_style.jobstore.curve_keys import CurveKeys

LOOPBACK = "tcp://127.0.0.1:*"


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
    keys = CurveKeys.generate()
    # The worker is the server: so nobody can answer who has not its secret key. Nobody else has
    # even the public ones.
    socket.curve_serverkey = keys.server_public
    socket.curve_publickey, socket.curve_secretkey = keys.client_public, keys.client_secret
    socket.bind(LOOPBACK)
    endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    return endpoint, keys.to_json() + b"\n"


def connect(
    socket: zmq.Socket[bytes], endpoint: str, standard_input: BinaryIO | None = None
) -> None:
    """Connect the worker's socket.

    Raises:
        ValueError: the address needs keys, and standard input has none.
    """
    if endpoint.startswith("tcp:"):
        keys = CurveKeys.from_json((standard_input or sys.stdin.buffer).readline())
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = keys.server_public, keys.server_secret
    socket.connect(endpoint)
