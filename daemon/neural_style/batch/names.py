"""The names of the painted pictures: no two are the same, on any file system."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neural_style.picture_files.formats import format_for
from neural_style_protocol.errors import InputError

LONGEST_STEM = 90
"""Bytes of each of the two stems in a name: file systems allow 255, and the record's is longer."""

MARK_DIGITS = 8


@dataclass(frozen=True)
class Pair:
    """A content image and the style image in which it is painted."""

    content: Path
    style: Path

    @property
    def mark(self) -> str:
        """Hexadecimal digits that tell this pair from others with the same names."""
        places = f"{self.content.absolute()}\0{self.style.absolute()}"
        return hashlib.sha256(places.encode(errors="surrogateescape")).hexdigest()[:MARK_DIGITS]


def same_name(name: str) -> str:
    """What two names have in common if they are one file on some file system.

    Those of Windows and macOS ignore case, and that of macOS how an accent is written.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def names_of(pairs: Sequence[Pair], is_taken: Callable[[str, Pair], bool]) -> list[str]:
    """The name of the picture of each pair: ``photo-painting.jpg``.

    It depends on the pair and on what has the same name, not on the order or the number of the
    pairs, so that a part of them gets the names that it has in the whole. Where that name is not
    the pair's alone, the pair's mark is in it.

    Args:
        is_taken: whether the file of that name is another picture.
    """
    wanted = [_name(pair) for pair in pairs]
    counts = Counter(map(same_name, wanted))
    return [
        _name(pair, pair.mark) if counts[same_name(name)] > 1 or is_taken(name, pair) else name
        for name, pair in zip(wanted, pairs, strict=True)
    ]


def plan_outputs(photos: Sequence[Path], folder: Path) -> list[Path]:
    """A different file in ``folder`` for each photo, with the photo's name.

    A second ``1.png`` becomes ``1-2.png``. If a photo's format cannot be written, its result is a
    PNG.
    """
    wanted = [f"{photo.stem}{_ending(photo)}" for photo in photos]
    taken: set[str] = set()
    outputs = []
    for number, name in enumerate(wanted):
        others = {same_name(other) for other in wanted[number + 1 :]}
        unique, count = name, 1
        while same_name(unique) in taken or (count > 1 and same_name(unique) in others):
            count += 1
            unique = f"{Path(name).stem}-{count}{Path(name).suffix}"
        taken.add(same_name(unique))
        outputs.append(folder / unique)
    return outputs


def _name(pair: Pair, mark: str = "") -> str:
    stems = [_cut(pair.content.stem), _cut(pair.style.stem)]
    if stems != [pair.content.stem, pair.style.stem]:
        mark = pair.mark
    return "-".join([*stems, *([mark] if mark else [])]) + _ending(pair.content)


def _cut(stem: str) -> str:
    encoded = stem.encode(errors="surrogateescape")
    if len(encoded) <= LONGEST_STEM:
        return stem
    return encoded[:LONGEST_STEM].decode(errors="ignore")


def _ending(photo: Path) -> str:
    """The photo's own ending if its format can be written."""
    try:
        format_for(photo)
    except InputError:
        return ".png"
    return photo.suffix
