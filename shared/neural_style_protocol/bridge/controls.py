"""The messages between a client and the bridge itself. An ``error`` is the daemon's own message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias, get_args

from neural_style_protocol import codec
from neural_style_protocol._message import Count, Message
from neural_style_protocol.bridge.parcels import Parcel
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.fields import Boolean, Text
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.value_fields import ValuesField, packed

BRIDGE_VERSION = 1
"""The version of the bridge in docs/protocol.md."""


@dataclass(frozen=True)
class Connect(Message):
    """To the bridge, first of all: connect to the daemon; ``start`` it if it is not running."""

    kind = "connect"
    bridge: Count = BRIDGE_VERSION
    start: Annotated[bool, Boolean()] = True
    client: Annotated[str, Text(100)] = ""


@dataclass(frozen=True)
class Renew(Message):
    """To the bridge: connect again, because a remote daemon does not answer."""

    kind = "renew"


@dataclass(frozen=True)
class State(Message):
    """From the bridge: what it waits for; ``text`` is a template."""

    kind = "state"
    text: Annotated[str, Text()]
    values: ValuesField = field(default_factory=dict)

    @classmethod
    def of(cls, phrase: Phrase) -> State:
        (text,), values = packed(phrase.values, phrase.template)
        return cls(text, values)

    @property
    def phrase(self) -> Phrase:
        return Phrase(self.text, self.values)


@dataclass(frozen=True)
class Connected(Message):
    """From the bridge: messages get through from now on."""

    kind = "connected"
    remote: Annotated[bool, Boolean()]


Control: TypeAlias = Connect | Renew | State | Connected | ErrorReply
CONTROLS: dict[str, type[Control]] = {control.kind: control for control in get_args(Control)}


def parcel_of(control: Control) -> Parcel:
    """``control``, to be sent."""
    return Parcel((codec.pack(control.kind, control.header()),), is_control=True)


def read(frames: Sequence[bytes]) -> Control | None:
    """The control in ``frames``; None if this version does not know its type.

    Raises:
        ProtocolError: it is invalid.
    """
    kind, header, pixels = codec.unpack(frames)
    if pixels:
        raise ProtocolError("A message came with the wrong shape.")
    return CONTROLS[kind].read(header) if kind in CONTROLS else None
