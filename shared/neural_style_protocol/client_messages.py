"""The messages that a client sends to the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from neural_style_protocol._message import Count, Message, Name
from neural_style_protocol.errors import InputError, ProtocolError
from neural_style_protocol.fields import (
    Flag,
    InPlace,
    ListOf,
    Map,
    Number,
    Text,
    Whole,
    Word,
    Words,
)
from neural_style_protocol.pixels import MAX_BYTES, PictureSpec

MAX_STYLES = 8
MAX_IMAGES = MAX_STYLES + 3
MAX_WEIGHT = 1e6
ROLES = ("content", "style", "mask", "initial")
ACTIONS = ("pause", "resume", "front", "remove")

ImageIndex: TypeAlias = Annotated[int, Whole(0, MAX_IMAGES)]
Offset: TypeAlias = Annotated[int, Whole(0, MAX_BYTES)]


@dataclass(frozen=True)
class ImageOffer:
    """A picture that a submit announces; its pixels follow in chunks."""

    role: Annotated[str, Word(ROLES)]
    spec: Annotated[PictureSpec, InPlace(PictureSpec)]
    weight: Annotated[float, Number(0, MAX_WEIGHT)] = 1.0


@dataclass(frozen=True)
class Hello(Message):
    """The first message of every client: the range of versions it speaks."""

    kind = "hello"
    oldest: Count
    newest: Count
    client: Annotated[str, Text(100)] = ""
    features: Annotated[tuple[str, ...], Words()] = ()


@dataclass(frozen=True)
class Submit(Message):
    """A new job; ``ticket`` is the client's own name for it until ``accepted`` answers."""

    kind = "submit"
    ticket: Name
    settings: Annotated[Mapping[str, object], Map()]
    images: Annotated[tuple[ImageOffer, ...], ListOf(ImageOffer, MAX_IMAGES)]

    def check(self) -> None:
        roles = [image.role for image in self.images]
        if roles.count("content") != 1 or not 1 <= roles.count("style") <= MAX_STYLES:
            raise ProtocolError(f"A job needs one content image and 1 to {MAX_STYLES} styles.")
        if roles.count("mask") > 1 or roles.count("initial") > 1:
            raise ProtocolError("A job has at most one mask and one initial picture.")
        for image in self.images:
            if (image.role == "mask") != (image.spec.channels == 1):
                raise ProtocolError("A mask has one channel; every other picture has 3 or 4.")
        content = next(image.spec for image in self.images if image.role == "content")
        for image in self.images:
            size = (image.spec.width, image.spec.height)
            if image.role in ("mask", "initial") and size != (content.width, content.height):
                raise InputError("A mask or initial picture must have the content's size.")
        if not sum(image.weight for image in self.images if image.role == "style") > 0:
            raise ProtocolError("At least one style needs a weight above 0.")


@dataclass(frozen=True)
class Upload(Message):
    """One chunk of the ``image``-th picture of a submit; the pixels are the second frame.

    ``deflated`` says that they are as :mod:`~neural_style_protocol.deflate` made them.
    """

    kind = "upload"
    job: Name
    image: ImageIndex
    offset: Offset
    deflated: Annotated[bool, Flag()] = False


@dataclass(frozen=True)
class Fetch(Message):
    """Ask for the chunk at ``offset`` of a picture that ``preview`` or ``result`` announced."""

    kind = "fetch"
    job: Name
    serial: Count
    offset: Offset


@dataclass(frozen=True)
class Watch(Message):
    """Follow a job that another connection submitted."""

    kind = "watch"
    job: Name


@dataclass(frozen=True)
class Cancel(Message):
    """Stop a job: keep the picture as it is, or discard it; there is none before it has begun."""

    kind = "cancel"
    job: Name
    keep: Annotated[bool, Flag()]


@dataclass(frozen=True)
class AskJobs(Message):
    """Ask for the jobs that the daemon keeps, newest first, leaving out the ``first`` newest.

    With ``job``, ask for that one alone.
    """

    kind = "ask-jobs"
    ticket: Name
    first: Count = 0
    job: Name = ""


@dataclass(frozen=True)
class Rerun(Message):
    """A new job with the pictures of an earlier one and these settings changed."""

    kind = "rerun"
    ticket: Name
    job: Name
    settings: Annotated[Mapping[str, object], Map()]


@dataclass(frozen=True)
class Change(Message):
    """Do one of ACTIONS to a job.

    ``pause`` a running or waiting one, ``resume`` a paused one, move a waiting one to the
    ``front``, or ``remove`` all that is kept of one that has ended or is paused.
    """

    kind = "change"
    ticket: Name
    job: Name
    action: Annotated[str, Word(ACTIONS)]


@dataclass(frozen=True)
class AskStatus(Message):
    """Ask how the daemon is."""

    kind = "ask-status"


@dataclass(frozen=True)
class Shutdown(Message):
    """End the daemon; jobs that have not ended are paused."""

    kind = "shutdown"


@dataclass(frozen=True)
class Bye(Message):
    """The client goes; its jobs go on."""

    kind = "bye"


@dataclass(frozen=True)
class Ping(Message):
    """Are you there?"""

    kind = "ping"
