"""TIFF: choose the page to paint by its tags, and read its samples as stored.

tifffile gets a directory with only the tags that say how the samples are stored.
:mod:`neural_style.picture_files.tiff_samples` turns the samples into colours.
"""

from __future__ import annotations

import io
import logging
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tifffile

from neural_style.picture_files import tiff_samples, tiff_tags
from neural_style.picture_files.decoded import Decoded, Samples
from neural_style.picture_files.kinds import RAW
from neural_style.picture_files.metadata import from_directory
from neural_style.picture_files.refusals import check_bytes, check_size, damaged, not_a_picture
from neural_style.picture_files.tiff_kind import CFA, LINEAR_RAW, Kind, kind_of
from neural_style.picture_files.tiff_tags import Directory, Layout

_REDUCED, _MASK, _SEPARATE = 1, 4, 2
_SUBFILE_TYPE, _SUB_DIRECTORIES, _DNG_VERSION = 254, 330, 50706
_PHOTOMETRIC, _PROFILE, _XMP = 262, 34675, 700
_OFFSETS, _COUNTS = (273, 324), (279, 325)

_STORAGE = frozenset({256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320})
_STORAGE |= {322, 323, 324, 325, 332, 338, 339, 347, 512, 513, 514, 519, 520, 521}
_STORAGE |= {529, 530, 531, 532}


def decode(data: bytes, name: str) -> Decoded:
    """The first picture of a TIFF file.

    Raises:
        InputError: damaged, too large, a RAW photograph, or of an unsupported kind.
    """
    layout = tiff_tags.read_layout(data)
    pages = list(tiff_tags.read_directories(data, layout)) if layout else []
    if layout is None or not pages:
        raise damaged(name)
    if _is_raw(data, layout, pages):
        raise not_a_picture(name, RAW)
    full = [page for page in pages if not page.integer(_SUBFILE_TYPE, 0) & (_REDUCED | _MASK)]
    page = (full or pages)[0]
    kind = kind_of(page, name)
    check_size(name, kind.width, kind.height)
    check_bytes(name, kind.width * kind.height * kind.samples * max(1, kind.bits // 8))
    _check_tiles(name, page)
    _check_segments(data, page, kind, name)
    decoded = tiff_samples.decoded(_samples(data, layout, page, kind), kind, page, name)
    more = ("It has further pages: the first one was taken.",) if len(full) > 1 else ()
    return Decoded(
        decoded.colours,
        decoded.alpha,
        profile=page.bytes(_PROFILE),
        metadata=from_directory(data, layout, page, page.bytes(_XMP)),
        notes=(*more, *decoded.notes),
    )


def _is_raw(data: bytes, layout: Layout, pages: list[Directory]) -> bool:
    """Whether it is a RAW photograph: DNG's tag, Canon's header, or a sensor's samples."""
    if data[8:10] == b"CR" or any(_DNG_VERSION in page.tags for page in pages):
        return True
    subdirectories = (
        tiff_tags.read_directory(data, layout, offset)
        for page in pages
        for offset in page.integers(_SUB_DIRECTORIES)[:16]
    )
    everything = [*pages, *(found for found in subdirectories if found)]
    return any(found.integer(_PHOTOMETRIC, 0) in (CFA, LINEAR_RAW) for found in everything)


def _check_tiles(name: str, page: Directory) -> None:
    """Check the size of a tile, which is always decoded as a whole."""
    width, height = page.integer(322, 1), page.integer(323, 1)
    if width < 1 or height < 1:
        raise damaged(name)
    check_size(name, width, height)


def _check_segments(data: bytes, page: Directory, kind: Kind, name: str) -> None:
    """Check that no strip or tile is missing; a decoder would fill it with arbitrary samples."""
    expected = _expected_segments(page, kind)
    if max(len(page.integers(offsets)) for offsets in _OFFSETS) < expected:
        raise damaged(name)
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        begins, lengths = page.integers(offsets), page.integers(counts)
        if not begins:
            continue
        if not all(0 < begin < len(data) for begin in begins):
            raise damaged(name)
        pairs = zip(begins, lengths, strict=False)
        if any(length < 1 or begin + length > len(data) for begin, length in pairs):
            raise damaged(name)


def _expected_segments(page: Directory, kind: Kind) -> int:
    """The number of strips or tiles that a page must have."""
    across, down = kind.width, page.integer(278, 0) or kind.height
    if 322 in page.tags:
        across, down = page.integer(322, 1), page.integer(323, 1)
    planes = kind.samples if page.integer(284, 1) == _SEPARATE else 1
    return planes * math.ceil(kind.width / across) * math.ceil(kind.height / down)


def _samples(data: bytes, layout: Layout, page: Directory, kind: Kind) -> Samples:
    """(height, width, samples), as stored."""
    stored = _with_directory(data, layout, page)
    with logging_silenced(), tifffile.TiffFile(io.BytesIO(stored)) as file:
        found = file.pages[0].asarray(squeeze=False, maxworkers=1)
    if found.ndim == 5 and found.shape[0] > 1:  # separate planes
        found = np.moveaxis(found[..., 0], 0, -1)
    return np.asarray(found).reshape(kind.height, kind.width, -1)


def _with_directory(data: bytes, layout: Layout, page: Directory) -> bytes:
    """The file with a new directory appended, which has only the tags that tifffile needs."""
    kept = [page.tags[number] for number in sorted(_STORAGE & page.tags.keys())]
    counter, pointer = ("Q", "Q") if layout.big else ("H", "I")
    padded = data + b"\0" * (-len(data) % 8)
    head = struct.pack(layout.order + pointer, len(padded))
    place = 8 if layout.big else 4
    return b"".join(
        [
            padded[:place],
            head,
            memoryview(padded)[place + len(head) :],
            struct.pack(layout.order + counter, len(kept)),
            *(tag.entry for tag in kept),
            struct.pack(layout.order + pointer, 0),
        ]
    )


@contextmanager
def logging_silenced() -> Iterator[None]:
    """Silence tifffile's log, which would be printed at the terminal."""
    log = logging.getLogger("tifffile")

    def nothing(record: logging.LogRecord) -> bool:
        return False

    log.addFilter(nothing)
    try:
        yield
    finally:
        log.removeFilter(nothing)
