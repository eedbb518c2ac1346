"""A picture on disk: one line of JSON, then the raw pixels, then extra bytes.

The file is written atomically.
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
from neural_style_protocol.phrases import reason
from neural_style_protocol.pixels import CHUNK_BYTES, Picture, PictureSpec

LONGEST_HEADER = 64 * 1024


@dataclass(frozen=True)
class StoredPicture:
    """A picture at ``path``; ``header`` is its JSON, and its pixels begin at byte ``start``.

    ``extra_bytes`` is the number of bytes after the pixels.
    """

    path: Path
    header: Mapping[str, Any]
    spec: PictureSpec
    start: int
    extra_bytes: int = 0

    @classmethod
    def find(cls, path: Path) -> StoredPicture | None:
        """The picture at ``path``; None if there is none, or if it is incomplete."""
        try:
            with path.open("rb") as file:
                line = file.readline(LONGEST_HEADER)
                header = json.loads(line)
                names = [f.name for f in dataclasses.fields(PictureSpec)]
                spec = PictureSpec(**{name: header[name] for name in names})
                extra = header.get("more_bytes", 0)
                size = os.fstat(file.fileno()).st_size
        except (OSError, ValueError, KeyError, TypeError, NeuralStyleError):
            return None
        if not isinstance(extra, int) or extra < 0 or size != len(line) + spec.byte_count + extra:
            return None
        return cls(path, header, spec, len(line), extra)

    def chunk(self, offset: int) -> bytes:
        """At most CHUNK_BYTES bytes of pixels from ``offset``; empty past the end.

        Raises:
            StorageError: the file can no longer be read.
        """
        return self._read(offset, min(CHUNK_BYTES, max(0, self.spec.byte_count - offset)))

    def picture(self) -> Picture:
        """The complete picture.

        Raises:
            StorageError: the file can no longer be read.
        """
        return Picture(self.spec, self._read(0, self.spec.byte_count))

    def extra(self) -> bytearray:
        """The bytes after the pixels.

        Raises:
            StorageError: the file can no longer be read.
        """
        return bytearray(self._read(self.spec.byte_count, self.extra_bytes))

    def _read(self, offset: int, count: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(self.start + offset)
                return file.read(count)
        except OSError as error:
            raise StorageError(
                "{path} cannot be read ({reason}).", path=self.path, reason=reason(error)
            ) from error


def store(
    path: Path,
    picture: Picture,
    header: Mapping[str, Any],
    extra: Sequence[memoryview] = (),
    *,
    durable: bool = True,
) -> None:
    """Write ``picture``, and ``extra`` after it, to ``path`` atomically; ``durable`` is as in
    :func:`neural_style_protocol.atomic.replacing`.

    Raises:
        StorageError: the file cannot be written; the old one is unchanged.
    """
    full_header = {**header, **dataclasses.asdict(picture.spec)}
    if extra:
        full_header["more_bytes"] = sum(part.nbytes for part in extra)
    line = json.dumps(full_header).encode() + b"\n"
    atomic.write(path, line, picture.data, *extra, durable=durable)
