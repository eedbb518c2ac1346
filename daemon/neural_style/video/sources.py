"""Where the frames of a video come from: a clip, or a folder of pictures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from neural_style.picture_files import reading
from neural_style.picture_files.formats import FORMATS
from neural_style.picture_files.loaded import NOTHING_KEPT, KeptMetadata
from neural_style.video import clips
from neural_style.video.clips import Moment
from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.phrases import reason
from neural_style_protocol.pixels import Picture

HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class SourceFrame:
    """One frame.

    Attributes:
        number: its place, from 1.
        name: of the file in which it is kept when it is painted.
        picture: None if it cannot be read.
        problem: why it cannot be read.
    """

    number: int
    name: str
    moment: Moment
    picture: Picture | None
    kept: KeptMetadata = NOTHING_KEPT
    problem: InputError | None = None


class Source(Protocol):
    """The frames of a video.

    Attributes:
        path: the clip or the folder.
        count: how many frames there are.
        broken: how many frames of a clip cannot be read, and are left out.
        sizes: (width, height) of the frames, each once; empty if they need not be alike.
        names: of the files of the painted frames.
        clip: the clip whose times and sound are kept; None for a folder.
    """

    path: Path
    count: int
    broken: int
    sizes: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    clip: Path | None

    def frames(self) -> Iterator[SourceFrame]:
        """All frames, in order; the same whenever it is called."""

    def fingerprint(self) -> str:
        """What changes when a frame does."""


class ClipSource:
    """The frames of a clip; see :class:`Source`.

    Raises:
        InputError: it cannot be read, or has colours that cannot be painted.
        PackageMissing: PyAV is not installed.
    """

    def __init__(self, path: Path) -> None:
        found = clips.survey(path)
        self.path = path
        self.clip: Path | None = path
        self.count, self.broken, self.sizes = found.frames, found.broken, found.sizes
        self.names = _numbered(found.frames)

    def frames(self) -> Iterator[SourceFrame]:
        for number, frame in enumerate(clips.frames(self.path), start=1):
            yield SourceFrame(number, self.names[number - 1], frame.moment, frame.picture)

    def fingerprint(self) -> str:
        return hash_of(self.path)


class FolderSource:
    """The pictures in a folder, in the order of their names; see :class:`Source`.

    Args:
        rate: frames a second, if they become a clip.
        own_names: whether painted frames keep the names of their files.

    Raises:
        InputError: there is no picture in it.
        StorageError: it cannot be read.
    """

    def __init__(self, path: Path, rate: Fraction, *, own_names: bool) -> None:
        try:
            names = [each.name for each in path.iterdir() if each.suffix.lower() in FORMATS]
        except OSError as error:
            raise StorageError(
                "{path} cannot be read ({reason}).", path=path, reason=reason(error)
            ) from error
        self._files = sorted((n for n in names if not n.startswith(".")), key=_by_number)
        if not self._files:
            raise InputError(
                "There is no picture in {path}.",
                next_step="Name a folder with PNG, JPEG, TIFF or WebP files, or a clip.",
                path=path,
            )
        self._rate = rate
        self.path = path
        self.clip: Path | None = None
        self.count, self.broken = len(self._files), 0
        self.names = tuple(self._files) if own_names else _numbered(self.count)
        self.sizes = () if own_names else self._all_sizes()

    def frames(self) -> Iterator[SourceFrame]:
        for number, (file, target) in enumerate(zip(self._files, self.names, strict=True), 1):
            moment = Moment((number - 1) / self._rate, 1 / self._rate)
            try:
                loaded = reading.load(self.path / file)
            except InputError as error:
                yield SourceFrame(number, target, moment, None, problem=error)
                continue
            yield SourceFrame(number, target, moment, loaded.picture, loaded.kept)

    def fingerprint(self) -> str:
        parts = [f"{name} {hash_of(self.path / name)}" for name in self._files]
        return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()

    def _all_sizes(self) -> tuple[tuple[int, int], ...]:
        found = (frame.picture for frame in self.frames())
        return tuple(dict.fromkeys((each.width, each.height) for each in found if each))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"{number:06d}.png" for number in range(1, count + 1))


def hash_of(path: Path) -> str:
    """The SHA-256 of a file; empty if it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(HASHED_AT_ONCE):
                found.update(chunk)
    except OSError:
        return ""
    return found.hexdigest()


def _by_number(name: str) -> tuple[tuple[int, str], ...]:
    """A key by which ``frame-9`` comes before ``frame-10``."""
    parts = re.split(r"(\d+)", name.casefold())
    return (*((int(part), "") if part.isdigit() else (-1, part) for part in parts), (-2, name))
