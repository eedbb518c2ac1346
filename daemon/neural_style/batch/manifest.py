"""What has been done of a batch, in the folder of its pictures: one small file for each picture.

Several programs on several machines may write there at once: each file is replaced as a whole, and
none is ever shared by two pictures.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from neural_style.batch.fingerprint import Source, looks
from neural_style.batch.folder import make_folder
from neural_style.batch.names import same_name
from neural_style_protocol import atomic, fields
from neural_style_protocol._message import Count, Name, Real
from neural_style_protocol.client_messages import LONGEST_ARITHMETIC
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.fields import Choice, ListOf, Map, Text
from neural_style_protocol.losses import Losses, LossesField
from neural_style_protocol.phrases import reason
from neural_style_protocol.settings import Settings

FOLDER = "neural-style-batch"
READABLE_BY_OTHERS = 0o666
"""Without what the umask excludes: the pictures beside them are as open."""

ABANDONED_SECONDS = 3600.0
"""An unfinished file that is unchanged for so long was left by a process that was killed: writing
takes seconds."""


@dataclass(frozen=True)
class Record:
    """What is known of one picture.

    Attributes:
        outcome: ``begun``, ``painted`` or ``failed``.
        output: its file's name in the folder.
        sources: the content image and the style image.
        job: the daemon's name for it, while it is being painted there.
        sha256: of its file.
        elapsed: seconds of computing.
        error: why it failed, in English, with what to do.
        host: the machine that had it painted.
        ended: seconds since 1970.
    """

    outcome: Annotated[str, Choice(("begun", "painted", "failed"))]
    output: Annotated[str, Text()]
    fingerprint: Annotated[str, Text(64)]
    sources: Annotated[tuple[Source, ...], ListOf(Source, 2)]
    settings: Annotated[Mapping[str, object], Map()]
    weights_sha256: Annotated[str, Text(64)]
    arithmetic: Annotated[str, Text(LONGEST_ARITHMETIC)]
    version: Annotated[str, Text(64)]
    host: Annotated[str, Text()] = ""
    job: Name = ""
    sha256: Annotated[str, Text(64)] = ""
    width: Count = 0
    height: Count = 0
    steps: Count = 0
    elapsed: Real = 0.0
    losses: LossesField = field(default_factory=Losses)
    error: Annotated[str, Text()] = ""
    error_code: Annotated[str, Text(32)] = ""
    ended: Real = 0.0


@dataclass(frozen=True)
class _Choice:
    """What all pictures with the same settings have in common."""

    arithmetic: Annotated[str, Text(LONGEST_ARITHMETIC)]
    version: Annotated[str, Text(64)]
    settings: Annotated[Mapping[str, object], Map()]


class Manifest:
    """The records of the pictures in ``folder``, as they are on disk at the moment.

    Attributes:
        damaged: the records that cannot be read; their pictures count as not painted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[Path] = []
        self._place = folder / FOLDER

    def make(self) -> None:
        """Make the folder, and the one for the records in it; clear what killed programs left.

        Raises:
            StorageError: they cannot be made.
        """
        for folder in (self.folder, self._place):
            make_folder(folder)
            with contextlib.suppress(OSError):  # what cannot be removed disturbs nothing
                atomic.clear(folder, unchanged_seconds=ABANDONED_SECONDS)

    def records(self) -> dict[str, Record | None]:
        """All records by :func:`same_name` of their pictures; None for a damaged one."""
        found: dict[str, Record | None] = {}
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(self._place)):
                output = name.removesuffix(".json")
                if output != name and Path(output).suffix and not name.startswith("."):
                    found[same_name(output)] = self.record(output)
        return found

    def record(self, output: str) -> Record | None:
        """The record of the picture called ``output``; None without one, or with a damaged one."""
        path = self._path(output)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            text = ""
        try:
            return fields.read(Record, _map_in(text), path.name)
        except (ValueError, NeuralStyleError):
            if path not in self.damaged:
                self.damaged.append(path)
            return None

    def write(self, record: Record) -> None:
        """Replace the record of a picture.

        Raises:
            StorageError: it cannot be written.
        """
        atomic.write(self._path(record.output), _json(record), mode=READABLE_BY_OTHERS)

    def is_output(self, path: Path) -> bool:
        """Whether a file is a picture that this batch has painted, or has begun."""
        if os.path.realpath(path.parent) != os.path.realpath(self.folder):
            return False
        return self._path(path.name).exists()

    # --- the arithmetic ---------------------------------------------------------------------

    def arithmetic(self, settings: Settings) -> str:
        """The arithmetic that was chosen for ``settings``; empty if none was.

        Raises:
            StorageError: the file that says so is damaged.
        """
        path = self._choice(settings)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError):
            text = ""
        try:
            return fields.read(_Choice, _map_in(text), path.name).arithmetic
        except (ValueError, NeuralStyleError) as error:
            raise StorageError(
                "{path}, which says how this batch is computed, is damaged.",
                next_step="Delete it. If other computers paint this batch too, give all of them "
                "the same --arithmetic.",
                path=path,
            ) from error

    def settle(self, settings: Settings, arithmetic: str, version: str) -> None:
        """Let ``arithmetic`` be the one for ``settings``, whatever was chosen before.

        Raises:
            StorageError: it cannot be written.
        """
        choice = _Choice(arithmetic, version, looks(settings))
        atomic.write(self._choice(settings), _json(choice), mode=READABLE_BY_OTHERS)

    def choose(self, settings: Settings, arithmetic: str, version: str) -> str:
        """Choose an arithmetic for ``settings``; returns the one that was chosen first.

        Raises:
            StorageError: it cannot be written.
        """
        path = self._choice(settings)
        choice = _Choice(arithmetic, version, looks(settings))
        draft = atomic.temporary_name(path.parent)
        atomic.write(draft, _json(choice), mode=READABLE_BY_OTHERS)
        try:
            _put_if_missing(draft, path)
        except OSError as error:
            raise StorageError(
                "{path} cannot be written ({reason}).", path=path, reason=reason(error)
            ) from error
        finally:
            draft.unlink(missing_ok=True)
        return self.arithmetic(settings)

    def _choice(self, settings: Settings) -> Path:
        chosen = json.dumps(looks(settings), sort_keys=True).encode()
        return self._place / f"settings-{hashlib.sha256(chosen).hexdigest()[:12]}"

    def _path(self, output: str) -> Path:
        return self._place / f"{output}.json"


def _json(record: object) -> bytes:
    return json.dumps(fields.header_of(record), indent=1).encode()


def _put_if_missing(draft: Path, path: Path) -> None:
    """Give ``draft`` the name ``path`` too, unless there is a file of that name.

    A link is made as a whole, on file servers as well. Some file systems have no links: there the
    file is renamed, and of two programs that do so at the same moment the second one wins.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        if not path.exists():
            os.replace(draft, path)


def _map_in(text: str) -> dict[str, Any]:
    """The map in a text of JSON; raises ValueError if it is something else."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError
    return found


def sources_in(records: Mapping[str, Record | None]) -> Iterator[Source]:
    """The files that ``records`` know."""
    return (source for record in records.values() if record for source in record.sources)
