"""The messages that the daemon sends to a client."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from neural_style_protocol._message import JOB_NAME, MAX_COUNT, Losses, Message
from neural_style_protocol._reader import Reader
from neural_style_protocol.client_messages import MAX_STYLES
from neural_style_protocol.errors import NeuralStyleError, error_from_code
from neural_style_protocol.pixels import MAX_BYTES, PictureSpec

ENDINGS = ("finished", "converged", "stopped")
JOB_STATES = ("uploading", "queued", "running", "paused", "done", "failed", "discarded")
DAEMON_STATES = ("loading", "ready", "busy", "resting", "problem")


@dataclass(frozen=True)
class Welcome(Message):
    """The answer to ``hello``: the version that both will speak."""

    kind = "welcome"
    version: int
    daemon_version: str
    features: tuple[str, ...] = ()
    pid: int = 0

    @classmethod
    def read(cls, reader: Reader) -> Welcome:
        return cls(
            version=reader.integer("version", 0, MAX_COUNT),
            daemon_version=reader.text("daemon_version", longest=64),
            features=reader.words("features"),
            pid=reader.integer("pid", 0, MAX_COUNT, default=0),
        )


@dataclass(frozen=True)
class Accepted(Message):
    """The submit called ``ticket`` is now ``job``; send its pixels."""

    kind = "accepted"
    ticket: str
    job: str

    @classmethod
    def read(cls, reader: Reader) -> Accepted:
        return cls(reader.text("ticket", longest=JOB_NAME), reader.text("job", longest=JOB_NAME))


@dataclass(frozen=True)
class Received(Message):
    """The picture ``image`` of ``job`` has arrived up to byte ``offset``."""

    kind = "received"
    job: str
    image: int
    offset: int

    @classmethod
    def read(cls, reader: Reader) -> Received:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            image=reader.integer("image", 0, MAX_STYLES + 3),
            offset=reader.integer("offset", 0, MAX_BYTES),
        )


@dataclass(frozen=True)
class Queued(Message):
    """``job`` waits with ``position`` others before it."""

    kind = "queued"
    job: str
    position: int

    @classmethod
    def read(cls, reader: Reader) -> Queued:
        return cls(reader.text("job", longest=JOB_NAME), reader.integer("position", 0, MAX_COUNT))


@dataclass(frozen=True)
class Started(Message):
    """``job`` is being computed."""

    kind = "started"
    job: str

    @classmethod
    def read(cls, reader: Reader) -> Started:
        return cls(reader.text("job", longest=JOB_NAME))


@dataclass(frozen=True)
class Progress(Message):
    """After an evaluation: ``fraction`` (0–1) is the share of the work done.

    ``elapsed`` and ``remaining`` are seconds; ``remaining`` is None until it can be told.
    ``width`` and ``height`` are those of the scale being computed.
    """

    kind = "progress"
    job: str
    step: int
    total: int
    fraction: float
    losses: Losses
    elapsed: float
    remaining: float | None
    width: int
    height: int

    @classmethod
    def read(cls, reader: Reader) -> Progress:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            step=reader.integer("step", 0, MAX_COUNT),
            total=reader.integer("total", 0, MAX_COUNT),
            fraction=reader.number("fraction"),
            losses=Losses.read(reader.child("losses")),
            elapsed=reader.number("elapsed"),
            remaining=reader.optional_number("remaining"),
            width=reader.integer("width", 0, MAX_COUNT, default=0),
            height=reader.integer("height", 0, MAX_COUNT, default=0),
        )


@dataclass(frozen=True)
class Announcement(Message):
    """A picture of ``job`` that can be fetched under ``serial``."""

    job: str
    serial: int
    step: int
    spec: PictureSpec

    def header(self) -> dict[str, Any]:
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        spec = fields.pop("spec")
        return {**{k: _plain(v) for k, v in fields.items()}, **dataclasses.asdict(spec)}


@dataclass(frozen=True)
class Preview(Announcement):
    """The newest iterate; the next is announced when this one has been fetched."""

    kind = "preview"

    @classmethod
    def read(cls, reader: Reader) -> Preview:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            serial=reader.integer("serial", 0, MAX_COUNT),
            step=reader.integer("step", 0, MAX_COUNT),
            spec=reader.picture(),
        )


@dataclass(frozen=True)
class Result(Announcement):
    """The finished picture, and how it ended."""

    kind = "result"
    ending: str = "finished"
    elapsed: float = 0.0
    losses: Losses = field(default_factory=Losses)

    @classmethod
    def read(cls, reader: Reader) -> Result:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            serial=reader.integer("serial", 0, MAX_COUNT),
            step=reader.integer("step", 0, MAX_COUNT),
            spec=reader.picture(),
            ending=reader.word("ending", ENDINGS),
            elapsed=reader.number("elapsed", default=0.0),
            losses=Losses.read(reader.child("losses")),
        )


@dataclass(frozen=True)
class Pixels(Message):
    """The chunk that a ``fetch`` asked for; the pixels are the second frame.

    ``deflated`` says that they are as :mod:`~neural_style_protocol.deflate` made them.
    """

    kind = "pixels"
    job: str
    serial: int
    offset: int
    deflated: bool = False

    @classmethod
    def read(cls, reader: Reader) -> Pixels:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            serial=reader.integer("serial", 0, MAX_COUNT),
            offset=reader.integer("offset", 0, MAX_BYTES),
            deflated=reader.flag("deflated", default=False),
        )


@dataclass(frozen=True)
class Stopping(Message):
    """The wish to stop ``job`` is known; its end follows after the current evaluation."""

    kind = "stopping"
    job: str

    @classmethod
    def read(cls, reader: Reader) -> Stopping:
        return cls(reader.text("job", longest=JOB_NAME))


@dataclass(frozen=True)
class Paused(Message):
    """``job`` is kept as it was after ``step`` evaluations, and can be resumed."""

    kind = "paused"
    job: str
    step: int

    @classmethod
    def read(cls, reader: Reader) -> Paused:
        return cls(reader.text("job", longest=JOB_NAME), reader.integer("step", 0, MAX_COUNT))


@dataclass(frozen=True)
class Discarded(Message):
    """``job`` was cancelled and nothing of it is kept."""

    kind = "discarded"
    job: str

    @classmethod
    def read(cls, reader: Reader) -> Discarded:
        return cls(reader.text("job", longest=JOB_NAME))


@dataclass(frozen=True)
class Notice(Message):
    """A sentence for the person who waits for ``job``."""

    kind = "notice"
    job: str
    text: str

    @classmethod
    def read(cls, reader: Reader) -> Notice:
        return cls(reader.text("job", longest=JOB_NAME), reader.text("text"))


@dataclass(frozen=True)
class ErrorReply(Message):
    """Something failed: a sentence, the next step, and what it was about."""

    kind = "error"
    code: str
    sentence: str
    next_step: str
    job: str = ""
    ticket: str = ""

    @classmethod
    def read(cls, reader: Reader) -> ErrorReply:
        return cls(
            code=reader.text("code", longest=32),
            sentence=reader.text("sentence"),
            next_step=reader.text("next_step", default=""),
            job=reader.text("job", longest=JOB_NAME, default=""),
            ticket=reader.text("ticket", longest=JOB_NAME, default=""),
        )

    @classmethod
    def of(cls, error: NeuralStyleError, *, job: str = "", ticket: str = "") -> ErrorReply:
        return cls(error.code, error.sentence[:1_000], error.next_step[:1_000], job, ticket)

    def exception(self) -> NeuralStyleError:
        """The exception of the tree that this message carries."""
        return error_from_code(self.code, self.sentence, self.next_step)


@dataclass(frozen=True)
class Changed(Message):
    """The change called ``ticket`` is done, or under way."""

    kind = "changed"
    ticket: str

    @classmethod
    def read(cls, reader: Reader) -> Changed:
        return cls(reader.text("ticket", longest=JOB_NAME))


@dataclass(frozen=True)
class JobLine:
    """One job in a status: the step it is at, of how many."""

    job: str
    state: str
    step: int
    total: int

    @classmethod
    def read(cls, reader: Reader) -> JobLine:
        return cls(
            job=reader.text("job", longest=JOB_NAME),
            state=reader.word("state", JOB_STATES),
            step=reader.integer("step", 0, MAX_COUNT),
            total=reader.integer("total", 0, MAX_COUNT),
        )


@dataclass(frozen=True)
class Status(Message):
    """How the daemon is: one of DAEMON_STATES, what it computes on, and its unfinished jobs.

    ``resting`` is ready without a model in memory; ``uptime`` is in seconds.
    """

    kind = "status"
    state: str
    daemon_version: str
    pid: int
    worker_pid: int
    uptime: float
    device: str = ""
    problem: str = ""
    clients: int = 0
    jobs: tuple[JobLine, ...] = ()

    @classmethod
    def read(cls, reader: Reader) -> Status:
        return cls(
            state=reader.word("state", DAEMON_STATES),
            daemon_version=reader.text("daemon_version", longest=64),
            pid=reader.integer("pid", 0, MAX_COUNT),
            worker_pid=reader.integer("worker_pid", 0, MAX_COUNT, default=0),
            uptime=reader.number("uptime"),
            device=reader.text("device", longest=200, default=""),
            problem=reader.text("problem", default=""),
            clients=reader.integer("clients", 0, MAX_COUNT, default=0),
            jobs=tuple(JobLine.read(line) for line in reader.children("jobs", most=1_024)),
        )


@dataclass(frozen=True)
class Pong(Message):
    """I am here."""

    kind = "pong"

    @classmethod
    def read(cls, reader: Reader) -> Pong:
        return cls()


@dataclass(frozen=True)
class Goodbye(Message):
    """The daemon ends now."""

    kind = "goodbye"

    @classmethod
    def read(cls, reader: Reader) -> Goodbye:
        return cls()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value
