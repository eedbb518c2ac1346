"""What a painted picture depends on, as hashes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from neural_style_protocol.fields import Integer, Text
from neural_style_protocol.settings import Settings

LONGEST_PATH = 8_192

WHERE_NOT_WHAT = ("device",)
"""Settings that say where a picture is computed, and not how it shall look."""


@dataclass(frozen=True)
class Source:
    """A file as it was read: its hash, its bytes, and when it was changed, in ns since 1970."""

    path: Annotated[str, Text(LONGEST_PATH)]
    sha256: Annotated[str, Text(64)]
    size: Annotated[int, Integer(0, 2**63)]
    modified: Annotated[int, Integer(-(2**63), 2**63)]


class Sources:
    """Hashes files. One that a record knows, and that has not changed since, is not read again."""

    def __init__(self, known: Iterable[Source] = ()) -> None:
        self._known = {source.path: source for source in known}

    def of(self, path: Path) -> Source:
        """The file as it is now; without a hash if it cannot be read."""
        place = os.path.abspath(path)
        try:
            now = os.stat(path)
            known = self._known.get(place)
            if known and (known.size, known.modified) == (now.st_size, now.st_mtime_ns):
                return known
            found = Source(place, hash_of(path), now.st_size, now.st_mtime_ns)
        except OSError:
            return Source(place, "", 0, 0)
        self._known[place] = found
        return found


def fingerprint(
    content: Source, style: Source, settings: Settings, weights: str, arithmetic: str
) -> str:
    """The hash of all that decides how a picture comes out, but for the program's version.

    Args:
        weights: the hash of the network's weights.
    """
    chosen = looks(settings)
    given = [content.sha256, style.sha256, chosen, weights, arithmetic]
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


def looks(settings: Settings) -> Mapping[str, object]:
    """The settings that decide how a picture looks."""
    return {n: value for n, value in settings.to_dict().items() if n not in WHERE_NOT_WHAT}


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes; raises OSError if it cannot be read."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
