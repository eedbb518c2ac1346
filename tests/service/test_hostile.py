"""Whoever should get nothing gets nothing, and the daemon lives on."""

from __future__ import annotations

import msgpack
import psutil
import pytest
import zmq

from neural_style_protocol import client_messages, daemon_messages
from neural_style_protocol.client import Client
from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.errors import BusyError, DaemonUnreachable
from neural_style_protocol.messages import encode
from neural_style_protocol.zmq_link import ZmqLink
from service.standin_daemon import RawClient, StandinDaemon, offers_of, paint, picture


def works(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        paint(client)


def test_a_key_that_is_not_listed_gets_nothing(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    with RawClient(shared_daemon.connection(), keys=zmq.curve_keypair()) as raw:
        raw.say(client_messages.Hello(1, 1))
        assert raw.hear(1.0) is None
    works(shared_daemon)


def test_a_socket_without_encryption_gets_nothing(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    with zmq.Context() as context, context.socket(zmq.DEALER) as plain:
        plain.linger = 0
        plain.connect(shared_daemon.connection().endpoint)
        plain.send_multipart(encode(client_messages.Hello(1, 1)))
        assert not plain.poll(1000)
    works(shared_daemon)


def test_only_loopback_is_listened_on(shared_daemon: StandinDaemon) -> None:
    pid = shared_daemon.start()
    sockets = psutil.Process(pid).net_connections(kind="inet")
    listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_other_users_can_read_neither_keys_nor_pictures(shared_daemon: StandinDaemon) -> None:
    works(shared_daemon)
    home = shared_daemon.home
    assert home.connection_file.stat().st_mode & 0o777 == 0o600
    for folder in (home.root, home.run, home.logs):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_nothing_is_done_before_hello(shared_daemon: StandinDaemon) -> None:
    pid = shared_daemon.start()
    with RawClient(shared_daemon.connection()) as raw:
        for message in (
            client_messages.AskStatus(),
            client_messages.Shutdown(),
            client_messages.Ping(),
        ):
            raw.say(message)
            answer = raw.hear()
            assert isinstance(answer, daemon_messages.ErrorReply)
            assert answer.code == "session"
    assert shared_daemon.start() == pid


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"\xc1"],
        [b"\x00" * 100],
        [msgpack.packb([1, 2, 3])],
        [msgpack.packb({"type": 5})],
        [msgpack.packb({"type": "no-such-thing"})],
        [msgpack.packb({"v": 1, "type": "submit"})],
        [msgpack.packb({"v": 1, "type": "upload", "job": "x", "image": 0, "offset": -1})],
        [msgpack.packb({"type": "hello", "oldest": "1", "newest": 1})],
        [msgpack.packb({"type": "a" * 10_000})],
        [b"\x91" * 60_000],
        [b"\xdd\xff\xff\xff\xff"],
        [msgpack.packb(msgpack.ExtType(5, b"x"))],
        [b"a", b"b", b"c"],
        [msgpack.packb({"type": "ping", "x": "y" * 65_000})],
    ],
    ids=lambda frames: repr(frames[0][:12]),
)
def test_garbage_is_answered_with_a_sentence(
    shared_daemon: StandinDaemon, frames: list[bytes]
) -> None:
    pid = shared_daemon.start()
    with RawClient(shared_daemon.connection()).greet() as raw:
        raw.socket.send_multipart(frames)
        answer = raw.hear()
        assert isinstance(answer, daemon_messages.ErrorReply)
        assert answer.code == "protocol"
        assert answer.sentence.endswith(".")
    assert shared_daemon.start() == pid


def test_a_frame_that_is_too_large_closes_the_connection(shared_daemon: StandinDaemon) -> None:
    pid = shared_daemon.start()
    with RawClient(shared_daemon.connection()).greet() as raw:
        raw.socket.send_multipart([b"x", bytes(MAX_FRAME_BYTES + 1)])
        assert raw.hear(0.5) is None
    assert shared_daemon.start() == pid
    assert psutil.Process(pid).memory_info().rss < 100 << 20


def test_pixels_out_of_order_end_that_job_alone(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    content = picture(20, 20)
    offers = offers_of(content, picture())
    for offset, data in [(1, b"xyz"), (0, b""), (0, bytes(content.spec.byte_count + 1))]:
        with RawClient(shared_daemon.connection()).greet() as raw:
            raw.say(client_messages.Submit("t", {}, offers))
            accepted = raw.hear()
            assert isinstance(accepted, daemon_messages.Accepted)
            raw.say(client_messages.Upload(accepted.job, 0, offset), data)
            answer = raw.hear()
            assert isinstance(answer, daemon_messages.ErrorReply)
            assert answer.job == accepted.job
    works(shared_daemon)


def test_nobody_else_can_send_a_jobs_pixels(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    connection = shared_daemon.connection()
    with RawClient(connection).greet() as owner, RawClient(connection).greet() as other:
        owner.say(client_messages.Submit("t", {}, offers_of(picture(), picture())))
        accepted = owner.hear()
        assert isinstance(accepted, daemon_messages.Accepted)
        other.say(client_messages.Upload(accepted.job, 0, 0), picture().data)
        answer = other.hear()
        assert isinstance(answer, daemon_messages.ErrorReply)
        assert answer.code == "unknown-job"


def test_too_many_clients_are_turned_away(daemon: StandinDaemon) -> None:
    daemon.start(clients=2)
    with daemon.client() as one, daemon.client() as two:
        with pytest.raises(BusyError, match="Too many programs"):
            daemon.client()
        assert one.status().clients == 2
        paint(two)


@pytest.mark.parametrize(
    "job", ["../../etc/passwd", "..", "/etc/passwd", "", "\0", "a/b", "%2e%2e", "x" * 64]
)
def test_a_jobs_name_is_never_a_path(shared_daemon: StandinDaemon, job: str) -> None:
    shared_daemon.start()
    with RawClient(shared_daemon.connection()).greet() as raw:
        for message in (
            client_messages.Watch(job),
            client_messages.Cancel(job, True),
            client_messages.Fetch(job, 0, 0),
        ):
            raw.say(message)
            answer = raw.hear()
            assert isinstance(answer, daemon_messages.ErrorReply)
            assert answer.code == "unknown-job"


def test_a_daemon_that_is_not_ours_is_unreachable(shared_daemon: StandinDaemon) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as stranger:
        stranger.linger = 0
        stranger.bind("tcp://127.0.0.1:*")
        shared_daemon.start()
        connection = shared_daemon.connection()
        fake = type(connection)(
            **{**connection.__dict__, "endpoint": stranger.getsockopt_string(zmq.LAST_ENDPOINT)}
        )
        with pytest.raises(DaemonUnreachable):
            Client(ZmqLink(fake), timeout=1.0)
