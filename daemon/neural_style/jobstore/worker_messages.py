"""The messages between service and worker, on their private socket.

They are as in docs/protocol.md, with two differences: a preview is one whole frame, and the
pictures of a job are passed in its folder. That is safe, because both processes are the daemon's
own, on one machine, and only the user can enter the socket's folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from neural_style_protocol import codec
from neural_style_protocol._message import Count, Message
from neural_style_protocol.client_messages import (
    DEFAULT_COHERENCE,
    LONGEST_ARITHMETIC,
    MOST_COHERENCE,
    Cancel,
    ImageOffer,
    Shutdown,
)
from neural_style_protocol.daemon_messages import (
    CardLine,
    Discarded,
    ErrorReply,
    Notice,
    Paused,
    Preview,
    Progress,
    Result,
    Started,
)
from neural_style_protocol.errors import NeuralStyleError, ProtocolError, error_from_code
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.fields import Boolean, Integer, ListOf, Map, Number, Text, Texts
from neural_style_protocol.value_fields import ValuesField

MAX_PICTURES = 16


@dataclass(frozen=True)
class Run(Message):
    """Compute ``job``, whose ``images`` are in ``folder``, from its checkpoint if there is one.

    ``crashes`` is the number of workers that have died while computing it. ``arithmetic`` is that
    of its ``submit``. A ``frame`` of a video ``follows`` the frames in the folders ``before``, the
    nearest first, as far as these are here.
    """

    kind = "run"
    job: Annotated[str, Text()]
    folder: Annotated[str, Text(4_096)]
    settings: Annotated[Mapping[str, object], Map()]
    images: Annotated[tuple[ImageOffer, ...], ListOf(ImageOffer, MAX_PICTURES)]
    crashes: Count = 0
    arithmetic: Annotated[str, Text(LONGEST_ARITHMETIC)] = ""
    frame: Annotated[bool, Boolean()] = False
    follows: Annotated[bool, Boolean()] = False
    before: Annotated[tuple[str, ...], Texts(longest=4_096)] = ()
    coherence: Annotated[float, Number(0, MOST_COHERENCE)] = DEFAULT_COHERENCE


@dataclass(frozen=True)
class Pause(Message):
    """Save ``job`` as a checkpoint and stop computing it; ``paused`` answers."""

    kind = "pause"
    job: Annotated[str, Text()]


@dataclass(frozen=True)
class Beat(Message):
    """Sent to the worker every second, and sent back at once.

    ``pulse`` changes while the running job is being computed.
    """

    kind = "beat"
    pulse: Annotated[int, Integer(0, 2**53)] = 0


@dataclass(frozen=True)
class Ready(Message):
    """The network is loaded, and the worker accepts jobs.

    ``device`` is what computes, for users; ``card`` is the same as a value of the setting *Device*.
    """

    kind = "ready"
    device: Annotated[str, Text()]
    card: Annotated[str, Text(32)] = ""


@dataclass(frozen=True)
class Cards(Message):
    """The graphics cards that the worker sees; before ``ready`` and after each job."""

    kind = "cards"
    cards: Annotated[tuple[CardLine, ...], ListOf(CardLine, 64)] = ()


@dataclass(frozen=True)
class Unready(Message):
    """The worker cannot start, and ends; the fields are those of an ``error``."""

    kind = "unready"
    code: Annotated[str, Text()]
    sentence: Annotated[str, Text()]
    next_step: Annotated[str, Text()]
    values: ValuesField = field(default_factory=dict)

    @classmethod
    def of(cls, error: NeuralStyleError) -> Unready:
        reply = ErrorReply.of(error)
        return cls(reply.code, reply.sentence, reply.next_step, reply.values)

    def exception(self) -> NeuralStyleError:
        """The exception of the tree that this message carries."""
        return error_from_code(self.code, self.sentence, self.next_step, self.values)


_KNOWN: Mapping[str, type[Message]] = {
    message.kind: message
    for message in (
        AskEstimate,
        Beat,
        Cancel,
        Cards,
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
    """The frames of ``message`` and its pictures' pixels."""
    return [codec.pack(message.kind, message.header()), *pictures]


def decode(frames: Sequence[bytes]) -> tuple[Message, list[bytes]]:
    """A message and its pictures' pixels.

    Raises:
        ProtocolError: the message is invalid, or its type is unknown.
    """
    kind, header, _ = codec.unpack(frames[:1])
    if kind not in _KNOWN:
        raise ProtocolError(
            "Service and worker do not share the message {message}.", message=repr(kind)
        )
    return _KNOWN[kind].read(header), list(frames[1:])
