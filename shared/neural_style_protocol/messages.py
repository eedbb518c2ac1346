"""All messages of docs/protocol.md, encoded to frames and decoded from them.

Unknown fields are ignored; missing and invalid ones raise ProtocolError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, get_args

from neural_style_protocol import codec
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import (
    AskJobs,
    AskStatus,
    Bye,
    Cancel,
    Change,
    Fetch,
    Hello,
    Ping,
    Rerun,
    Shutdown,
    Submit,
    Upload,
    Watch,
)
from neural_style_protocol.daemon_messages import (
    Accepted,
    Changed,
    Discarded,
    ErrorReply,
    Goodbye,
    Notice,
    Paused,
    Pixels,
    Pong,
    Preview,
    Progress,
    Queued,
    Received,
    Result,
    Started,
    Status,
    Stopping,
    Welcome,
)
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.job_list import JobList

ClientMessage: TypeAlias = (
    Hello
    | Submit
    | Upload
    | Fetch
    | Watch
    | Cancel
    | Change
    | Rerun
    | AskJobs
    | AskStatus
    | AskEstimate
    | Shutdown
    | Bye
    | Ping
)
DaemonMessage: TypeAlias = (
    Welcome
    | Accepted
    | Received
    | Queued
    | Started
    | Progress
    | Preview
    | Result
    | Pixels
    | Stopping
    | Paused
    | Discarded
    | Changed
    | Notice
    | ErrorReply
    | JobList
    | Status
    | Estimate
    | Pong
    | Goodbye
)
CLIENT_MESSAGES: Mapping[str, type[ClientMessage]] = {
    message.kind: message for message in get_args(ClientMessage)
}
DAEMON_MESSAGES: Mapping[str, type[DaemonMessage]] = {
    message.kind: message for message in get_args(DaemonMessage)
}


def encode(message: Message, pixels: bytes = b"") -> list[bytes]:
    """The frames of ``message``; ``pixels``, if there are any, are the second frame."""
    header = codec.pack(message.kind, message.header())
    return [header, pixels] if pixels else [header]


def decode_from_client(frames: Sequence[bytes]) -> tuple[ClientMessage, bytes]:
    """A client's message, and its pixels.

    Raises:
        ProtocolError: the message is invalid.
        InputError: the message announces a picture that is empty or too large.
    """
    kind, header, pixels = codec.unpack(frames)
    if kind not in CLIENT_MESSAGES:
        raise ProtocolError("The daemon does not know the message {message}.", message=repr(kind))
    return CLIENT_MESSAGES[kind].read(header), pixels


def decode_from_daemon(frames: Sequence[bytes]) -> tuple[DaemonMessage | None, bytes]:
    """A daemon's message, and its pixels; None if this version does not know its type.

    Raises:
        ProtocolError: the message is invalid.
    """
    kind, header, pixels = codec.unpack(frames)
    if kind not in DAEMON_MESSAGES:
        return None, b""
    return DAEMON_MESSAGES[kind].read(header), pixels
