"""Every message survives the wire, and nothing else is taken for one."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from neural_style_protocol import client_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Hello
from neural_style_protocol.codec import MAX_HEADER_BYTES
from neural_style_protocol.errors import InputError, NeuralStyleError, ProtocolError
from neural_style_protocol.messages import (
    CLIENT_MESSAGES,
    DAEMON_MESSAGES,
    decode_from_client,
    decode_from_daemon,
    encode,
)
from protocol.strategies import KINDS, any_message, messages

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def decode(frames: list[bytes]) -> list[Message | None]:
    """What both sides make of the frames; only errors of the protocol may come out."""
    made: list[Message | None] = []
    for decoder in (decode_from_client, decode_from_daemon):
        try:
            made.append(decoder(frames)[0])
        except (ProtocolError, InputError):
            made.append(None)
    return made


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data(), pixels=st.binary(max_size=100))
def test_every_message_arrives_as_it_was_sent(
    kind: str, data: st.DataObject, pixels: bytes
) -> None:
    message = data.draw(messages(KINDS[kind]))
    decoder = decode_from_client if kind in CLIENT_MESSAGES else decode_from_daemon
    assert decoder(encode(message, pixels)) == (message, pixels)


def test_no_kind_is_said_by_both_sides() -> None:
    assert not set(CLIENT_MESSAGES) & set(DAEMON_MESSAGES)
    assert all(kind == message.kind for kind, message in KINDS.items())


@given(message=any_message, more=st.dictionaries(st.text(min_size=9).map("x-".__add__), plain))
def test_unknown_fields_are_ignored(message: Message, more: dict[str, object]) -> None:
    header = {**msgpack.unpackb(encode(message)[0]), **more}
    packed = msgpack.packb(header)
    if len(packed) <= MAX_HEADER_BYTES:
        assert message in decode([packed])


@given(st.lists(st.binary(max_size=300), max_size=4))
@example([b""])
@example([b"\x91" * 10_000])
@example([b"\xc9\xff\xff\xff\xff\x05"])
def test_random_bytes_are_no_message(frames: list[bytes]) -> None:
    assert not any(decode(frames))


@given(plain)
def test_random_msgpack_is_no_message(value: object) -> None:
    if not isinstance(value, dict) or value.get("type") not in KINDS:
        assert not any(decode([msgpack.packb(value)]))


@given(any_message, st.data())
def test_a_field_of_any_value_is_taken_or_refused(message: Message, data: st.DataObject) -> None:
    header = msgpack.unpackb(encode(message)[0])
    name = data.draw(st.sampled_from(sorted(header)))
    decode([msgpack.packb({**header, name: data.draw(plain)})])
    del header[name]
    decode([msgpack.packb(header)])


@given(any_message, st.data())
def test_a_frame_with_changed_bytes_is_taken_or_refused(
    message: Message, data: st.DataObject
) -> None:
    frame = bytearray(encode(message)[0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(frame) - 1))
        frame[place] = data.draw(st.integers(0, 255))
    decode([bytes(frame)])
    decode([bytes(frame[: data.draw(st.integers(0, len(frame)))])])


def test_a_header_that_is_too_large_is_not_sent() -> None:
    with pytest.raises(ProtocolError, match="too large to send"):
        encode(Hello(1, 1, "x" * MAX_HEADER_BYTES))


def test_a_type_that_is_not_known_is_an_error_for_the_daemon_and_nothing_for_the_client() -> None:
    frames = [msgpack.packb({"v": 7, "type": "of-the-future", "more": [1]})]
    assert decode_from_daemon(frames) == (None, b"")
    with pytest.raises(ProtocolError, match="of-the-future"):
        decode_from_client(frames)


def offer(role: str, **changes: object) -> dict[str, object]:
    size = {"width": 4, "height": 4, "channels": 3, "dtype": "u8"}
    return {"role": role, "weight": 1.0, **size, **changes}


def test_an_initial_picture_has_any_size() -> None:
    images = [offer("content"), offer("style"), offer("initial", height=5)]
    header = {"v": 1, "type": "submit", "ticket": "t", "settings": {}, "images": images}
    message, _ = decode_from_client([msgpack.packb(header)])
    assert isinstance(message, client_messages.Submit)
    assert message.images[2].spec.height == 5


@pytest.mark.parametrize(
    ("images", "error"),
    [
        ([], ProtocolError),
        ([offer("content")], ProtocolError),
        ([offer("style")], ProtocolError),
        ([offer("content"), offer("content"), offer("style")], ProtocolError),
        ([offer("content"), *[offer("style")] * 9], ProtocolError),
        ([offer("content"), offer("style", weight=0)], ProtocolError),
        ([offer("content"), offer("style", weight=-1)], ProtocolError),
        ([offer("content"), offer("style", weight=1e300)], ProtocolError),
        ([offer("content"), offer("style"), offer("mask")], ProtocolError),
        ([offer("content", channels=1), offer("style")], ProtocolError),
        ([offer("content", channels=2), offer("style")], ProtocolError),
        ([offer("content", dtype="f16"), offer("style")], ProtocolError),
        ([offer("content"), offer("style"), *[offer("mask", channels=1)] * 2], ProtocolError),
        ([offer("content"), offer("style"), offer("mask", channels=1, width=5)], InputError),
        ([offer("content", width=0), offer("style")], InputError),
        ([offer("content"), offer("style", height=0)], InputError),
        ([offer("content", width=70_000), offer("style")], InputError),
        ([offer("content", width=60_000, height=60_000), offer("style")], InputError),
    ],
)
def test_impossible_pictures_are_refused_before_any_pixel(
    images: list[dict[str, object]], error: type[NeuralStyleError]
) -> None:
    header = {"v": 1, "type": "submit", "ticket": "t", "settings": {}, "images": images}
    with pytest.raises(error):
        decode_from_client([msgpack.packb(header)])
