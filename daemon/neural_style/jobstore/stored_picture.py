"""A picture on disk: one line of JSON, then the raw pixels, then what else belongs to it.

It is written whole or not at all.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neural_style_protocol import atomic
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.pixels import CHUNK_BYTES, Picture, PictureSpec

LONGEST_HEADER = 64 * 1024


@dataclass(frozen=True)
class StoredPicture:
    """A picture at ``path`` whose pixels begin at byte ``start``; ``header`` is what was said.

    ``more_bytes`` follow the pixels.
    """

    path: Path
    header: Mapping[str, Any]
    spec: PictureSpec
    start: int
    more_bytes: int = 0

    @classmethod
    def find(cls, path: Path) -> StoredPicture | None:
        """The picture at ``path``; None if there is none, or it is not whole."""
        try:
            with path.open("rb") as file:
                line = file.readline(LONGEST_HEADER)
                header = json.loads(line)
                names = [f.name for f in dataclasses.fields(PictureSpec)]
                spec = PictureSpec(**{name: header[name] for name in names})
                more = header.get("more_bytes", 0)
                size = os.fstat(file.fileno()).st_size
        except (OSError, ValueError, KeyError, TypeError, NeuralStyleError):
            return None
        if not isinstance(more, int) or more < 0 or size != len(line) + spec.byte_count + more:
            return None
        return cls(path, header, spec, len(line), more)

    def chunk(self, offset: int) -> bytes:
        """The at most CHUNK_BYTES bytes from ``offset``; empty past the end.

        Raises:
            StorageError: the file cannot be read any more.
        """
        return self._read(offset, min(CHUNK_BYTES, max(0, self.spec.byte_count - offset)))

    def picture(self) -> Picture:
        """All of it.

        Raises:
            StorageError: the file cannot be read any more.
        """
        return Picture(self.spec, self._read(0, self.spec.byte_count))

    def more(self) -> bytearray:
        """What follows the pixels.

        Raises:
            StorageError: the file cannot be read any more.
        """
        return bytearray(self._read(self.spec.byte_count, self.more_bytes))

    def _read(self, offset: int, count: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(self.start + offset)
                return file.read(count)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read ({error.strerror}).") from error


def store(
    path: Path,
    picture: Picture,
    header: Mapping[str, Any],
    more: Sequence[memoryview] = (),
    *,
    durable: bool = True,
) -> None:
    """Put ``picture``, and ``more`` after it, at ``path`` in one step; ``durable`` as in
    :func:`neural_style_protocol.atomic.replacing`.

    Raises:
        StorageError: the file cannot be written; what was at ``path`` is still there.
    """
    told = {**header, **dataclasses.asdict(picture.spec)}
    if more:
        told["more_bytes"] = sum(part.nbytes for part in more)
    line = json.dumps(told).encode() + b"\n"
    atomic.write(path, line, picture.data, *more, durable=durable)
