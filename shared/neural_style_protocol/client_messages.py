"""The messages that a client sends to the daemon."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neural_style_protocol._message import JOB_NAME, MAX_COUNT, Message
from neural_style_protocol._reader import Reader
from neural_style_protocol.errors import InputError, ProtocolError
from neural_style_protocol.pixels import MAX_BYTES, PictureSpec

MAX_STYLES = 8
ROLES = ("content", "style", "mask", "initial")
ACTIONS = ("pause", "resume", "front", "remove")


@dataclass(frozen=True)
class ImageOffer:
    """A picture that a submit announces; its pixels follow in chunks."""

    role: str
    spec: PictureSpec
    weight: float = 1.0

    def header(self) -> dict[str, Any]:
        return {"role": self.role, "weight": self.weight, **dataclasses.asdict(self.spec)}

    @classmethod
    def read(cls, reader: Reader) -> ImageOffer:
        weight = reader.number("weight", default=1.0)
        if not 0 <= weight <= 1e6:
            raise ProtocolError("A style's weight must be from 0 to a million.")
        return cls(reader.word("role", ROLES), reader.picture(), weight)


@dataclass(frozen=True)
class Hello(Message):
    """The first message of every client: the range of versions it speaks."""

    kind = "hello"
    oldest: int
    newest: int
    client: str = ""
    features: tuple[str, ...] = ()

    @classmethod
    def read(cls, reader: Reader) -> Hello:
        return cls(
            oldest=reader.integer("oldest", 0, MAX_COUNT),
            newest=reader.integer("newest", 0, MAX_COUNT),
            client=reader.text("client", longest=100, default=""),
            features=reader.words("features"),
        )


@dataclass(frozen=True)
class Submit(Message):
    """A new job; ``ticket`` is the client's own name for it until ``accepted`` answers."""

    kind = "submit"
    ticket: str
    settings: Mapping[str, object]
    images: tuple[ImageOffer, ...]

    def header(self) -> dict[str, Any]:
        return {
            "ticket": self.ticket,
            "settings": dict(self.settings),
            "images": [image.header() for image in self.images],
        }

    @classmethod
    def read(cls, reader: Reader) -> Submit:
        offers = reader.children("images", most=MAX_STYLES + 3)
        images = tuple(ImageOffer.read(offer) for offer in offers)
        roles = [image.role for image in images]
        if roles.count("content") != 1 or not 1 <= roles.count("style") <= MAX_STYLES:
            raise ProtocolError(f"A job needs one content image and 1 to {MAX_STYLES} styles.")
        if roles.count("mask") > 1 or roles.count("initial") > 1:
            raise ProtocolError("A job has at most one mask and one initial picture.")
        for image in images:
            if (image.role == "mask") != (image.spec.channels == 1):
                raise ProtocolError("A mask has one channel; every other picture has 3 or 4.")
        content = next(image.spec for image in images if image.role == "content")
        for image in images:
            size = (image.spec.width, image.spec.height)
            if image.role in ("mask", "initial") and size != (content.width, content.height):
                raise InputError("A mask or initial picture must have the content's size.")
        if not sum(image.weight for image in images if image.role == "style") > 0:
            raise ProtocolError("At least one style needs a weight above 0.")
        return cls(reader.text("ticket", longest=JOB_NAME), reader.mapping("settings"), images)


@dataclass(frozen=True)
class Upload(Message):
    """One chunk of the ``image``-th picture of a submit; the pixels are the second frame.

    ``deflated`` says that they are as :mod:`~neural_style_protocol.deflate` made them.
    """

    kind = "upload"
    job: str
    image: int
    offset: int
    deflated: bool = False

    @classmethod
    def read(cls, reader: Reader) -> Upload:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            image=reader.integer("image", 0, MAX_STYLES + 3),
            offset=reader.integer("offset", 0, MAX_BYTES),
            deflated=reader.flag("deflated", default=False),
        )


@dataclass(frozen=True)
class Fetch(Message):
    """Ask for the chunk at ``offset`` of a picture that ``preview`` or ``result`` announced."""

    kind = "fetch"
    job: str
    serial: int
    offset: int

    @classmethod
    def read(cls, reader: Reader) -> Fetch:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            serial=reader.integer("serial", 0, MAX_COUNT),
            offset=reader.integer("offset", 0, MAX_BYTES),
        )


@dataclass(frozen=True)
class Watch(Message):
    """Follow a job that another connection submitted."""

    kind = "watch"
    job: str

    @classmethod
    def read(cls, reader: Reader) -> Watch:
        return cls(reader.text("job", longest=JOB_NAME))


@dataclass(frozen=True)
class Cancel(Message):
    """Stop a job: keep the picture as it is, or discard it; there is none before it has begun."""

    kind = "cancel"
    job: str
    keep: bool

    @classmethod
    def read(cls, reader: Reader) -> Cancel:
        return cls(reader.text("job", longest=JOB_NAME), reader.flag("keep"))


@dataclass(frozen=True)
class AskJobs(Message):
    """Ask for the jobs that the daemon keeps, newest first, leaving out the ``first`` newest.

    With ``job``, ask for that one alone.
    """

    kind = "ask-jobs"
    ticket: str
    first: int = 0
    job: str = ""

    @classmethod
    def read(cls, reader: Reader) -> AskJobs:
        return cls(
            ticket=reader.text("ticket", longest=JOB_NAME),
            first=reader.integer("first", 0, MAX_COUNT, default=0),
            job=reader.text("job", longest=JOB_NAME, default=""),
        )


@dataclass(frozen=True)
class Rerun(Message):
    """A new job with the pictures of an earlier one and these settings changed."""

    kind = "rerun"
    ticket: str
    job: str
    settings: Mapping[str, object]

    @classmethod
    def read(cls, reader: Reader) -> Rerun:
        return cls(
            ticket=reader.text("ticket", longest=JOB_NAME),
            job=reader.text("job", longest=JOB_NAME),
            settings=reader.mapping("settings"),
        )


@dataclass(frozen=True)
class Change(Message):
    """Do one of ACTIONS to a job.

    ``pause`` a running or waiting one, ``resume`` a paused one, move a waiting one to the
    ``front``, or ``remove`` all that is kept of one that has ended or is paused.
    """

    kind = "change"
    ticket: str
    job: str
    action: str

    @classmethod
    def read(cls, reader: Reader) -> Change:
        return cls(
            ticket=reader.text("ticket", longest=JOB_NAME),
            job=reader.text("job", longest=JOB_NAME),
            action=reader.word("action", ACTIONS),
        )


@dataclass(frozen=True)
class AskStatus(Message):
    """Ask how the daemon is."""

    kind = "ask-status"

    @classmethod
    def read(cls, reader: Reader) -> AskStatus:
        return cls()


@dataclass(frozen=True)
class Shutdown(Message):
    """End the daemon; jobs that have not ended are paused."""

    kind = "shutdown"

    @classmethod
    def read(cls, reader: Reader) -> Shutdown:
        return cls()


@dataclass(frozen=True)
class Bye(Message):
    """The client goes; its jobs go on."""

    kind = "bye"

    @classmethod
    def read(cls, reader: Reader) -> Bye:
        return cls()


@dataclass(frozen=True)
class Ping(Message):
    """Are you there?"""

    kind = "ping"

    @classmethod
    def read(cls, reader: Reader) -> Ping:
        return cls()
