"""The check of clients' keys, which ZeroMQ asks for."""

from __future__ import annotations

import subprocess
import sys

import pytest
import zmq
from zmq.utils import z85

from neural_style.service.gate import accept_only, reply

QUESTION = [b"", b"1.0", b"7", b"domain", b"127.0.0.1", b""]


def key_pair() -> tuple[bytes, bytes, bytes]:
    """A public and a secret key in Z85, and the public one in binary."""
    public, secret = zmq.curve_keypair()
    return public, secret, z85.decode(public)


def test_the_service_does_without_asyncio() -> None:
    code = "import neural_style.service.daemon, sys; print('zmq.auth.asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("mechanism", "credentials", "status"),
    [
        (b"CURVE", [b"k" * 32], b"200"),
        (b"CURVE", [b"x" * 32], b"400"),
        (b"CURVE", [], b"400"),
        (b"CURVE", [b"k" * 32, b"more"], b"400"),
        (b"NULL", [], b"400"),
        (b"PLAIN", [b"name", b"password"], b"400"),
    ],
)
def test_only_a_listed_key_is_welcome(
    mechanism: bytes, credentials: list[bytes], status: bytes
) -> None:
    answer = reply([*QUESTION, mechanism, *credentials], frozenset({b"k" * 32}))
    assert answer[:4] == [b"", b"1.0", b"7", status]
    assert len(answer) == 7


def test_a_listed_client_gets_in_and_another_does_not() -> None:
    server_public, server_secret, _ = key_pair()
    listed, stranger = key_pair(), key_pair()
    with (
        zmq.Context() as context,
        accept_only(context, frozenset({listed[0]})),
        context.socket(zmq.PULL) as server,
    ):
        server.curve_server = True
        server.curve_publickey, server.curve_secretkey = server_public, server_secret
        server.bind("tcp://127.0.0.1:*")
        address = server.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        for (public, secret, _), heard in ((stranger, False), (listed, True)):
            with context.socket(zmq.PUSH) as client:
                client.linger = 0
                client.curve_serverkey = server_public
                client.curve_publickey, client.curve_secretkey = public, secret
                client.connect(address)
                client.send(b"hello")
                assert bool(server.poll(60_000 if heard else 500)) == heard
