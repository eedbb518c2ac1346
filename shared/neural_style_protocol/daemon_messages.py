"""The messages that the daemon sends to a client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from neural_style_protocol._message import Count, Message, Name, Real
from neural_style_protocol.client_messages import ImageIndex, Offset
from neural_style_protocol.errors import NeuralStyleError, error_from_code
from neural_style_protocol.fields import (
    Boolean,
    Choice,
    Flattened,
    Integer,
    ListOf,
    OptionalNumber,
    Text,
    Texts,
)
from neural_style_protocol.losses import Losses, LossesField
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import PictureSpec
from neural_style_protocol.value_fields import ValuesField, packed

ENDINGS = ("finished", "converged", "stopped")
JOB_STATES = ("uploading", "queued", "running", "paused", "done", "failed", "discarded")
DAEMON_STATES = ("loading", "ready", "busy", "resting", "problem")
WORKER_STATES = ("stopped", "loading", "ready", "busy", "problem")


@dataclass(frozen=True)
class Welcome(Message):
    """The answer to ``hello``: the protocol version that both sides will use."""

    kind = "welcome"
    version: Count
    daemon_version: Annotated[str, Text(64)]
    features: Annotated[tuple[str, ...], Texts()] = ()
    pid: Count = 0


@dataclass(frozen=True)
class Accepted(Message):
    """The request ``ticket`` is now ``job``; the client can send its pixels."""

    kind = "accepted"
    ticket: Name
    job: Name


@dataclass(frozen=True)
class Received(Message):
    """The first ``offset`` bytes of picture number ``image`` of ``job`` have arrived."""

    kind = "received"
    job: Name
    image: ImageIndex
    offset: Offset


@dataclass(frozen=True)
class Queued(Message):
    """``job`` waits; ``position`` other jobs come before it."""

    kind = "queued"
    job: Name
    position: Count


@dataclass(frozen=True)
class Started(Message):
    """``job`` is being computed."""

    kind = "started"
    job: Name


@dataclass(frozen=True)
class Progress(Message):
    """Sent after an evaluation: ``fraction`` (0–1) is the share of the time that has passed.

    ``elapsed`` and ``remaining`` are seconds; ``remaining`` is None until it is known.
    ``width`` and ``height`` are those of the present scale.
    """

    kind = "progress"
    job: Name
    step: Count
    total: Count
    fraction: Real
    losses: LossesField
    elapsed: Real
    remaining: Annotated[float | None, OptionalNumber()]
    width: Count = 0
    height: Count = 0


@dataclass(frozen=True)
class Announcement(Message):
    """A picture of ``job`` that can be fetched by its ``serial``."""

    job: Name
    serial: Count
    step: Count
    spec: Annotated[PictureSpec, Flattened(PictureSpec)]


@dataclass(frozen=True)
class Preview(Announcement):
    """The newest iterate. The next one is announced after this one has been fetched."""

    kind = "preview"


@dataclass(frozen=True)
class Result(Announcement):
    """The finished picture. ``ending`` is one of ENDINGS, ``elapsed`` is in seconds."""

    kind = "result"
    ending: Annotated[str, Choice(ENDINGS)]
    elapsed: Real = 0.0
    losses: LossesField = field(default_factory=Losses)


@dataclass(frozen=True)
class Pixels(Message):
    """The chunk that ``fetch`` asked for; the pixels are the second frame.

    ``deflated`` pixels are compressed by :mod:`~neural_style_protocol.deflate`.
    """

    kind = "pixels"
    job: Name
    serial: Count
    offset: Offset
    deflated: Annotated[bool, Boolean()] = False


@dataclass(frozen=True)
class Stopping(Message):
    """``job`` will stop after the current evaluation."""

    kind = "stopping"
    job: Name


@dataclass(frozen=True)
class Paused(Message):
    """``job`` is saved after ``step`` evaluations, and can be resumed."""

    kind = "paused"
    job: Name
    step: Count


@dataclass(frozen=True)
class Discarded(Message):
    """``job`` was cancelled, and nothing of it is kept."""

    kind = "discarded"
    job: Name


@dataclass(frozen=True)
class Notice(Message):
    """A sentence for the user about ``job``; ``text`` is its template."""

    kind = "notice"
    job: Name
    text: Annotated[str, Text()]
    values: ValuesField = field(default_factory=dict)

    @classmethod
    def of(cls, job: str, phrase: Phrase) -> Notice:
        (text,), values = packed(phrase.values, phrase.template)
        return cls(job, text, values)

    @property
    def phrase(self) -> Phrase:
        return Phrase(self.text, self.values)


@dataclass(frozen=True)
class ErrorReply(Message):
    """Something failed: the templates of a sentence and of the next step, and what failed."""

    kind = "error"
    code: Annotated[str, Text(32)]
    sentence: Annotated[str, Text()]
    next_step: Annotated[str, Text()] = ""
    job: Name = ""
    ticket: Name = ""
    values: ValuesField = field(default_factory=dict)

    @classmethod
    def of(cls, error: NeuralStyleError, *, job: str = "", ticket: str = "") -> ErrorReply:
        (sentence, next_step), values = packed(
            error.values, error.what.template, error.advice.template
        )
        return cls(error.code, sentence, next_step, job, ticket, values)

    def exception(self) -> NeuralStyleError:
        """The exception that this message carries."""
        return error_from_code(self.code, self.sentence, self.next_step, self.values)


@dataclass(frozen=True)
class Changed(Message):
    """The change ``ticket`` is done, or in progress."""

    kind = "changed"
    ticket: Name


@dataclass(frozen=True)
class JobLine:
    """One job in a ``status``: its ``step`` of ``total`` evaluations."""

    job: Name
    state: Annotated[str, Choice(JOB_STATES)]
    step: Count
    total: Count


@dataclass(frozen=True)
class CardLine:
    """One graphics card in a ``status``.

    ``device`` is the value of the setting *Device* that asks for this card. ``free_bytes`` is what
    was free after the last job; 0 if that is not known.
    """

    device: Annotated[str, Text(32)]
    name: Annotated[str, Text(200)]
    free_bytes: Annotated[int, Integer(0, 2**53)]


@dataclass(frozen=True)
class WorkerLine:
    """One computing process in a ``status``: its number, one of WORKER_STATES, and its jobs.

    ``device`` is what it computes on, for users; empty before that is known. It has two ``jobs``
    while it paints a preview between the steps of another.
    """

    pid: Count
    state: Annotated[str, Choice(WORKER_STATES)]
    device: Annotated[str, Text(200)]
    jobs: Annotated[tuple[str, ...], Texts()] = ()


@dataclass(frozen=True)
class Status(Message):
    """The daemon's status: one of DAEMON_STATES, its device, its cards, and its unfinished jobs.

    ``resting`` means ready, but with no model in memory. ``uptime`` is in seconds. ``cards`` is
    empty until a model was loaded for the first time. ``worker_pid`` and ``device`` are those of
    the first of the ``workers`` that runs.
    """

    kind = "status"
    state: Annotated[str, Choice(DAEMON_STATES)]
    daemon_version: Annotated[str, Text(64)]
    pid: Count
    worker_pid: Count = 0
    uptime: Real = field(kw_only=True)
    device: Annotated[str, Text(200)] = ""
    problem: Annotated[str, Text()] = ""
    clients: Count = 0
    jobs: Annotated[tuple[JobLine, ...], ListOf(JobLine, 1_024)] = ()
    cards: Annotated[tuple[CardLine, ...], ListOf(CardLine, 64)] = ()
    workers: Annotated[tuple[WorkerLine, ...], ListOf(WorkerLine, 64)] = ()


@dataclass(frozen=True)
class Pong(Message):
    """The answer to ``ping``."""

    kind = "pong"


@dataclass(frozen=True)
class Goodbye(Message):
    """The daemon shuts down now."""

    kind = "goodbye"
