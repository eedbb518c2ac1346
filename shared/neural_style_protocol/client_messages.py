"""The messages that a client sends to the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from neural_style_protocol._message import Count, Message, Name
from neural_style_protocol.errors import InputError, ProtocolError
from neural_style_protocol.fields import (
    Boolean,
    Choice,
    Flattened,
    Integer,
    ListOf,
    Map,
    Number,
    Text,
    Texts,
)
from neural_style_protocol.pixels import MAX_BYTES, PictureSpec

MAX_STYLES = 8
MAX_IMAGES = MAX_STYLES + 3
MAX_WEIGHT = 1e6
LONGEST_TITLE = 200
LONGEST_ARITHMETIC = 64
ARITHMETIC = "arithmetic"
"""The feature of a daemon that paints a job in the arithmetic that its ``submit`` names."""
MOST_COHERENCE, DEFAULT_COHERENCE = 100.0, 50.0
ROLES = ("content", "style", "mask", "initial")
ACTIONS = ("pause", "resume", "front", "remove")

ImageIndex: TypeAlias = Annotated[int, Integer(0, MAX_IMAGES)]
Offset: TypeAlias = Annotated[int, Integer(0, MAX_BYTES)]


@dataclass(frozen=True)
class ImageOffer:
    """A picture that ``submit`` announces; its pixels follow in chunks."""

    role: Annotated[str, Choice(ROLES)]
    spec: Annotated[PictureSpec, Flattened(PictureSpec)]
    weight: Annotated[float, Number(0, MAX_WEIGHT)] = 1.0


@dataclass(frozen=True)
class Hello(Message):
    """The first message of every client: the range of protocol versions that it speaks."""

    kind = "hello"
    oldest: Count
    newest: Count
    client: Annotated[str, Text(100)] = ""
    features: Annotated[tuple[str, ...], Texts()] = ()


@dataclass(frozen=True)
class Submit(Message):
    """Submit a new job; ``ticket`` is the client's own name for it until ``accepted`` answers.

    A small ``preview`` does not wait for the running job. ``title`` is the picture's name, for
    lists of jobs. ``arithmetic`` is that of an ``estimate``: pictures that several machines share
    are painted in the same one. A ``frame`` of a video waits for the one that it ``follows``, and
    stays near to the frames before it by its ``coherence``.
    """

    kind = "submit"
    ticket: Name
    settings: Annotated[Mapping[str, object], Map()]
    images: Annotated[tuple[ImageOffer, ...], ListOf(ImageOffer, MAX_IMAGES)]
    preview: Annotated[bool, Boolean()] = False
    title: Annotated[str, Text(LONGEST_TITLE)] = ""
    arithmetic: Annotated[str, Text(LONGEST_ARITHMETIC)] = ""
    frame: Annotated[bool, Boolean()] = False
    follows: Name = ""
    coherence: Annotated[float, Number(0, MOST_COHERENCE)] = DEFAULT_COHERENCE

    def check(self) -> None:
        roles = [image.role for image in self.images]
        if roles.count("content") != 1 or not 1 <= roles.count("style") <= MAX_STYLES:
            raise ProtocolError(
                "A job needs one content image and 1 to {most} styles.", most=MAX_STYLES
            )
        if roles.count("mask") > 1 or roles.count("initial") > 1:
            raise ProtocolError("A job has at most one mask and one initial picture.")
        for image in self.images:
            if (image.role == "mask") != (image.spec.channels == 1):
                raise ProtocolError("A mask has one channel; every other picture has 3 or 4.")
        content = next(image.spec for image in self.images if image.role == "content")
        for image in self.images:
            size = (image.spec.width, image.spec.height)
            if image.role == "mask" and size != (content.width, content.height):
                raise InputError("A mask must have the content's size.")
        if not sum(image.weight for image in self.images if image.role == "style") > 0:
            raise ProtocolError("At least one style needs a weight above 0.")


@dataclass(frozen=True)
class Upload(Message):
    """One chunk of picture number ``image`` of a job; the pixels are the second frame.

    ``deflated`` pixels are compressed by :mod:`~neural_style_protocol.deflate`.
    """

    kind = "upload"
    job: Name
    image: ImageIndex
    offset: Offset
    deflated: Annotated[bool, Boolean()] = False


@dataclass(frozen=True)
class Fetch(Message):
    """Ask for the chunk at ``offset`` of a picture that ``preview`` or ``result`` has announced."""

    kind = "fetch"
    job: Name
    serial: Count
    offset: Offset


@dataclass(frozen=True)
class Watch(Message):
    """Follow a job that another client has submitted."""

    kind = "watch"
    job: Name


@dataclass(frozen=True)
class Cancel(Message):
    """Stop a job, and keep or discard its present picture.

    A job that has not started has no picture, and is always discarded.
    """

    kind = "cancel"
    job: Name
    keep: Annotated[bool, Boolean()]


@dataclass(frozen=True)
class AskJobs(Message):
    """Ask for the daemon's jobs, newest first, without the ``first`` newest ones.

    With ``job``, ask for that job only.
    """

    kind = "ask-jobs"
    ticket: Name
    first: Count = 0
    job: Name = ""


@dataclass(frozen=True)
class Rerun(Message):
    """Submit the pictures of an earlier job again, with these settings changed."""

    kind = "rerun"
    ticket: Name
    job: Name
    settings: Annotated[Mapping[str, object], Map()]


@dataclass(frozen=True)
class Change(Message):
    """Apply one of ACTIONS to a job.

    ``pause`` a running or waiting job, ``resume`` a paused one, move a waiting one to the
    ``front`` of the queue, or ``remove`` one that has ended or is paused.
    """

    kind = "change"
    ticket: Name
    job: Name
    action: Annotated[str, Choice(ACTIONS)]


@dataclass(frozen=True)
class AskStatus(Message):
    """Ask for the daemon's status."""

    kind = "ask-status"


@dataclass(frozen=True)
class Shutdown(Message):
    """Shut the daemon down; unfinished jobs are paused."""

    kind = "shutdown"


@dataclass(frozen=True)
class Bye(Message):
    """Close the connection; the client's jobs continue."""

    kind = "bye"


@dataclass(frozen=True)
class Ping(Message):
    """Show that the client is alive."""

    kind = "ping"
