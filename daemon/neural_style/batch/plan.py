"""What a batch consists of, and what of it is still to be painted."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from neural_style.batch.fingerprint import Source, Sources, fingerprint
from neural_style.batch.manifest import Manifest, Record, sources_in
from neural_style.batch.names import Pair, names_of, same_name
from neural_style_protocol.settings import Settings

State: TypeAlias = Literal["due", "painted", "failed"]

MOST_PARTS = 10_000


@dataclass(frozen=True)
class Part:
    """Every ``count``-th picture, from the ``number``-th on; the first is 1."""

    number: int = 1
    count: int = 1

    @classmethod
    def read(cls, text: str) -> Part:
        """The part that is written as ``2/5``.

        Raises:
            ValueError: it is written in another way, or there is no such part.
        """
        found = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text)
        part = cls(int(found[1]), int(found[2])) if found else cls(0)
        if not 1 <= part.number <= part.count <= MOST_PARTS:
            raise ValueError(f"{text!r} is no part")
        return part

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class Common:
    """What all pictures of a run share.

    Attributes:
        weights: the hash of the network's weights; empty if it is not known.
        arithmetic: in which they are painted.
        version: of this program.
    """

    settings: Settings
    weights: str
    arithmetic: str
    version: str


@dataclass(frozen=True)
class Piece:
    """One picture of a batch.

    Attributes:
        output: its file's name in the folder.
        sources: the content image and the style image.
        record: what was known of it when the run began.
    """

    pair: Pair
    output: str
    sources: tuple[Source, Source]
    fingerprint: str
    record: Record | None
    state: State

    @property
    def job(self) -> str:
        """The daemon's job that an earlier run has begun for the same picture."""
        record = self.record
        return record.job if record and record.fingerprint == self.fingerprint else ""


def pieces_of(
    manifest: Manifest,
    contents: Sequence[Path],
    styles: Sequence[Path],
    common: Common,
    *,
    part: Part,
    retry: bool,
) -> list[Piece]:
    """Each content image in each style, as far as it belongs to ``part``.

    What is painted is not due, unless its file is missing or something that it depends on has
    changed. What has failed is not due either, unless it has changed, or with ``retry``.
    """
    files = _names_in(manifest.folder)  # before the records: what has none is not this batch's
    records = manifest.records()
    sources = Sources(sources_in(records))

    def is_taken(name: str, pair: Pair) -> bool:
        if same_name(name) not in records:
            return same_name(name) in files
        record = records[same_name(name)]
        return record is not None and not _is_of(record, pair, sources)

    pairs = [Pair(content, style) for content in contents for style in styles]
    names = names_of(pairs, is_taken)
    found = []
    for pair, name in list(zip(pairs, names, strict=True))[part.number - 1 :: part.count]:
        both = sources.of(pair.content), sources.of(pair.style)
        print_ = fingerprint(*both, common.settings, common.weights, common.arithmetic)
        record = records.get(same_name(name))
        piece = Piece(pair, name, both, print_, record, "due")
        found.append(replace(piece, state=state_of(piece, manifest.folder, retry=retry)))
    return found


def state_of(piece: Piece, folder: Path, *, retry: bool) -> State:
    """Whether ``piece`` is still to be painted, by its record."""
    record = piece.record
    if record is None or record.fingerprint != piece.fingerprint:
        return "due"
    if record.outcome == "painted" and (folder / piece.output).is_file():
        return "painted"
    return "failed" if record.outcome == "failed" and not retry else "due"


def _is_of(record: Record, pair: Pair, sources: Sources) -> bool:
    """Whether the recorded picture is that of ``pair``: by its files' places, or by their bytes."""
    own = pair.content, pair.style
    if [source.path for source in record.sources] == [os.path.abspath(path) for path in own]:
        return True
    return [s.sha256 for s in record.sources] == [sources.of(path).sha256 for path in own]


def _names_in(folder: Path) -> set[str]:
    try:
        return {same_name(name) for name in os.listdir(folder)}
    except OSError:
        return set()
