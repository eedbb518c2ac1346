"""The folder of a video that is being painted: its painted frames, and a record of them.

The record is written after each step, so that a command that was killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from neural_style_protocol import atomic
from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.phrases import reason

RECORD = ".neural-style-video.json"
VERSION = 1

State: TypeAlias = Literal["sent", "done", "failed"]


@dataclass(frozen=True)
class Entry:
    """One frame: the daemon's job, the job that it follows, and what has become of it."""

    job: str
    follows: str
    state: State
    problem: str = ""


class WorkFolder:
    """The painted frames of one video, and the record of them.

    Args:
        order: a fingerprint of all that the frames are made from.

    Attributes:
        arithmetic: in which all frames are painted; None while it is not chosen.

    Raises:
        InputError: it holds the frames of another order.
        StorageError: it cannot be made or read.
    """

    def __init__(self, path: Path, order: str) -> None:
        self.path = path
        self.arithmetic: str | None = None
        self._order = order
        self._entries: dict[int, Entry] = {}
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(
                "The folder {folder} cannot be made ({reason}).",
                folder=path,
                reason=reason(error),
            ) from error
        self._read()

    def entry(self, number: int) -> Entry | None:
        """What is recorded of a frame."""
        return self._entries.get(number)

    @property
    def painted(self) -> int:
        """How many frames are painted."""
        return sum(entry.state == "done" for entry in self._entries.values())

    @property
    def jobs(self) -> list[str]:
        """The daemon's jobs of all frames, in the order of the frames."""
        return [entry.job for _, entry in sorted(self._entries.items())]

    def place_of(self, clip: Path) -> Path:
        """The folder in which ``clip`` is written until it is complete.

        It is this one, from which what a killed command has left is removed; but one from which
        ``clip`` can be moved to its place.
        """
        try:
            atomic.clear(self.path)
            is_near = self.path.stat().st_dev == clip.parent.stat().st_dev
        except OSError as error:
            raise StorageError(
                "{path} cannot be written ({reason}).", path=clip, reason=reason(error)
            ) from error
        return self.path if is_near else clip.parent

    def sent(self, number: int, job: str, follows: str) -> None:
        """Record that a frame is with the daemon."""
        self._put(number, Entry(job, follows, "sent"))

    def done(self, number: int) -> None:
        """Record that a frame is painted and saved."""
        self._put(number, replace(self._entries[number], state="done"))

    def failed(self, number: int, problem: str) -> None:
        """Record that a frame cannot be painted."""
        self._put(number, Entry("", "", "failed", problem))

    def withdrawn(self, number: int) -> None:
        """Record that a frame is no longer with the daemon."""
        self._entries.pop(number, None)
        self._write()

    def choose(self, arithmetic: str) -> None:
        """Record the arithmetic of all frames."""
        self.arithmetic = arithmetic
        self._write()

    def _put(self, number: int, entry: Entry) -> None:
        self._entries[number] = entry
        self._write()

    def _read(self) -> None:
        try:
            record = json.loads((self.path / RECORD).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise StorageError(
                "The record in {folder} cannot be read ({reason}).",
                next_step="Delete the folder to begin anew.",
                folder=self.path,
                reason=reason(error),
            ) from error
        if record.get("version") != VERSION or record.get("order") != self._order:
            raise InputError(
                "{folder} has frames of another clip, of other styles or of other settings.",
                next_step="Delete that folder, or choose another output.",
                folder=self.path,
            )
        self.arithmetic = record.get("arithmetic")
        self._entries = {int(n): Entry(**entry) for n, entry in record["frames"].items()}

    def _write(self) -> None:
        record = {
            "version": VERSION,
            "order": self._order,
            "arithmetic": self.arithmetic,
            "frames": {str(n): asdict(entry) for n, entry in sorted(self._entries.items())},
        }
        atomic.write(self.path / RECORD, json.dumps(record).encode(), mode=0o666)


def is_open(path: Path) -> bool:
    """Whether a video is being painted in the folder ``path``."""
    return (path / RECORD).is_file()


def remove(path: Path, names: Sequence[str]) -> None:
    """Delete the record, the frames of those names, and unfinished files; other files stay.

    The record goes first: without it the video is over, even if this is interrupted.
    """
    for name in (RECORD, *names):
        (path / name).unlink(missing_ok=True)
    atomic.clear(path)
    with contextlib.suppress(OSError):  # it is gone, or somebody has put a file there
        path.rmdir()
