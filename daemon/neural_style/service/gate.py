"""Lets in the clients whose keys are listed: ZeroMQ asks here for each one (RFC 27, ZAP).

pyzmq's own thread for this runs asyncio, whose loop on Windows cannot wait for sockets of ZeroMQ.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

import zmq
from zmq.utils import z85

ADDRESS = "inproc://zeromq.zap.01"
_STOP = b""


@contextlib.contextmanager
def accept_only(context: zmq.Context[zmq.Socket[bytes]], keys: frozenset[bytes]) -> Iterator[None]:
    """While the block runs, let only clients with one of ``keys`` (in Z85) connect.

    This is for all sockets of ``context`` that are CURVE's servers.
    """
    allowed = frozenset(z85.decode(key) for key in keys)
    questions = context.socket(zmq.ROUTER)
    questions.linger = 0
    questions.bind(ADDRESS)
    thread = threading.Thread(target=_answer, args=(questions, allowed), daemon=True)
    thread.start()
    try:
        yield
    finally:
        with context.socket(zmq.DEALER) as end:
            end.connect(ADDRESS)
            end.send(_STOP)
            thread.join()


def _answer(questions: zmq.Socket[bytes], allowed: frozenset[bytes]) -> None:
    """Runs in the thread; the socket is used there alone."""
    with questions:
        while True:
            identity, *frames = questions.recv_multipart()
            if frames == [_STOP]:
                return
            questions.send_multipart([identity, *reply(frames, allowed)])


def reply(frames: Sequence[bytes], allowed: frozenset[bytes]) -> list[bytes]:
    """The answer to ZeroMQ's question ``frames``; ``allowed`` are binary keys.

    A question is: an empty frame, the version, its number, the domain, the address, the socket's
    identity, the mechanism, and for CURVE the client's public key.
    """
    _, version, number, _, _, _, mechanism, *credentials = frames
    is_welcome = mechanism == b"CURVE" and len(credentials) == 1 and credentials[0] in allowed
    status = (b"200", b"OK") if is_welcome else (b"400", b"No access")
    user_id = metadata = b""
    return [b"", version, number, *status, user_id, metadata]
