"""An older and a newer peer: what they share works, what they do not is said in words."""

from __future__ import annotations

import msgpack
import pytest
import zmq

from neural_style_protocol import client_messages, daemon_messages
from neural_style_protocol.client import Client
from neural_style_protocol.errors import VersionError
from neural_style_protocol.zmq_link import ZmqLink
from service.standin_daemon import RawClient, StandinDaemon, paint


def test_a_newer_client_that_still_speaks_this_version(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    with Client(ZmqLink(shared_daemon.connection()), versions=(1, 7)) as client:
        assert client.daemon.version == 1
        paint(client)


def test_a_newer_clients_fields_and_types(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    with RawClient(shared_daemon.connection()) as raw:
        hello = {"v": 2, "type": "hello", "oldest": 1, "newest": 2, "mood": {"good": [1, None]}}
        raw.socket.send(msgpack.packb(hello))
        assert isinstance(raw.hear(), daemon_messages.Welcome)
        raw.socket.send(msgpack.packb({"v": 2, "type": "sing", "song": "la"}))
        refused = raw.hear()
        assert isinstance(refused, daemon_messages.ErrorReply)
        assert (refused.code, "'sing'" in refused.exception().sentence) == ("protocol", True)
        raw.socket.send(msgpack.packb({"v": 2, "type": "sing", "ticket": "mine"}))
        refused = raw.hear()
        assert isinstance(refused, daemon_messages.ErrorReply)
        assert refused.ticket == "mine"  # so that whoever waits for the answer waits no more
        raw.say(client_messages.Ping())
        assert isinstance(raw.hear(), daemon_messages.Pong)


def test_an_older_daemon_that_knows_less(shared_daemon: StandinDaemon) -> None:
    """One without features, and without the fields that came later."""
    shared_daemon.start()
    connection = shared_daemon.connection()
    server_public, server_secret = zmq.curve_keypair()
    with zmq.Context() as context, context.socket(zmq.ROUTER) as old:
        old.linger = 0
        old.curve_server, old.curve_secretkey = True, server_secret
        old.bind("tcp://127.0.0.1:*")
        fields = {
            **connection.__dict__,
            "endpoint": old.getsockopt_string(zmq.LAST_ENDPOINT),
            "server_public_key": server_public.decode(),
        }
        raw = RawClient(type(connection)(**fields))
        with raw:
            raw.say(client_messages.Hello(1, 1))
            identity, _ = old.recv_multipart()
            welcome = {"v": 1, "type": "welcome", "version": 1, "daemon_version": "0.0.1"}
            old.send_multipart([identity, msgpack.packb(welcome)])
            assert raw.hear() == daemon_messages.Welcome(1, "0.0.1")


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ((5, 6), "do not understand each other.*protocol 1, the program 5 to 6"),
        ((2, 9), "do not understand each other"),
        ((0, 0), "do not understand each other"),
        ((9, 2), "do not understand each other"),
    ],
)
def test_no_common_version(
    shared_daemon: StandinDaemon, versions: tuple[int, int], words: str
) -> None:
    shared_daemon.start()
    with pytest.raises(VersionError, match=words) as refused:
        Client(ZmqLink(shared_daemon.connection()), versions=versions)
    assert "install.sh" in refused.value.next_step
