"""What service and worker say to one another over their private socket.

The same dialect as docs/protocol.md, but previews travel whole, one frame each, and the pictures
of a job through its folder: both ends are ours, on one machine, and the socket lies in a folder
that only the user can enter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neural_style_protocol import codec
from neural_style_protocol._message import MAX_COUNT, Message
from neural_style_protocol._reader import Reader
from neural_style_protocol.client_messages import Cancel, ImageOffer, Shutdown
from neural_style_protocol.daemon_messages import (
    Discarded,
    ErrorReply,
    Notice,
    Paused,
    Preview,
    Progress,
    Result,
    Started,
)
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.estimates import AskEstimate, Estimate

MAX_PICTURES = 16


@dataclass(frozen=True)
class Run(Message):
    """Compute ``job``, whose ``images`` lie in ``folder``, from its checkpoint if there is one.

    ``crashes`` are the workers that it has cost.
    """

    kind = "run"
    job: str
    folder: str
    settings: Mapping[str, object]
    images: tuple[ImageOffer, ...]
    crashes: int = 0

    def header(self) -> dict[str, Any]:
        return {
            "job": self.job,
            "folder": self.folder,
            "settings": dict(self.settings),
            "images": [image.header() for image in self.images],
            "crashes": self.crashes,
        }

    @classmethod
    def read(cls, reader: Reader) -> Run:
        offers = reader.children("images", most=MAX_PICTURES)
        return cls(
            job=reader.text("job"),
            folder=reader.text("folder", longest=4_096),
            settings=reader.mapping("settings"),
            images=tuple(ImageOffer.read(offer) for offer in offers),
            crashes=reader.integer("crashes", 0, MAX_COUNT, default=0),
        )


@dataclass(frozen=True)
class Pause(Message):
    """Save ``job`` as a checkpoint and stop computing it; ``paused`` answers."""

    kind = "pause"
    job: str

    @classmethod
    def read(cls, reader: Reader) -> Pause:
        return cls(reader.text("job"))


@dataclass(frozen=True)
class Beat(Message):
    """Sent to the worker now and then, and sent back at once.

    ``pulse`` changes as long as the running job is being computed.
    """

    kind = "beat"
    pulse: int = 0

    @classmethod
    def read(cls, reader: Reader) -> Beat:
        return cls(reader.integer("pulse", 0, 2**53, default=0))


@dataclass(frozen=True)
class Ready(Message):
    """The network is loaded; jobs can come."""

    kind = "ready"
    device: str

    @classmethod
    def read(cls, reader: Reader) -> Ready:
        return cls(reader.text("device"))


@dataclass(frozen=True)
class Unready(Message):
    """The worker cannot work, and ends."""

    kind = "unready"
    code: str
    sentence: str
    next_step: str

    @classmethod
    def read(cls, reader: Reader) -> Unready:
        return cls(reader.text("code"), reader.text("sentence"), reader.text("next_step"))


_KNOWN: Mapping[str, Any] = {
    message.kind: message
    for message in (
        AskEstimate,
        Beat,
        Cancel,
        Discarded,
        ErrorReply,
        Estimate,
        Notice,
        Pause,
        Paused,
        Preview,
        Progress,
        Ready,
        Result,
        Run,
        Shutdown,
        Started,
        Unready,
    )
}


def encode(message: Message, pictures: Sequence[bytes] = ()) -> list[bytes]:
    """The frames of ``message`` with its pictures' pixels."""
    return [codec.pack(message.kind, message.header()), *pictures]


def decode(frames: Sequence[bytes]) -> tuple[Message, list[bytes]]:
    """A message and its pictures' pixels.

    Raises:
        ProtocolError: the other side is of another version, or broken.
    """
    kind, header, _ = codec.unpack(frames[:1])
    if kind not in _KNOWN:
        raise ProtocolError(f"Service and worker do not share the message {kind!r}.")
    message = _KNOWN[kind].read(Reader(header, kind))
    assert isinstance(message, Message)
    return message, list(frames[1:])
