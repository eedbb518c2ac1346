"""Some rows of a TIFF file, and a TIFF file written some rows at a time, of any size.

Only the strips or tiles that hold the rows are read, so that a picture may be larger than the
memory. Files of more than four gigabytes are BigTIFF.
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import tifffile

from neural_style.picture_files import colours, tags, tiff_samples, tiff_tags
from neural_style.picture_files.decoded import Decoded, Samples, as_float
from neural_style.picture_files.loaded import NOTHING_KEPT
from neural_style.picture_files.metadata import from_directory
from neural_style.picture_files.refusals import damaged
from neural_style.picture_files.result_colours import srgb_profile
from neural_style.picture_files.tiff import logging_silenced
from neural_style.picture_files.tiff_kind import Kind, kind_of
from neural_style.picture_files.tiff_tags import Directory
from neural_style_protocol import atomic
from neural_style_protocol.errors import InputError, NeuralStyleError, StorageError
from neural_style_protocol.phrases import reason

_REDUCED_OR_MASK, _SUBFILE_TYPE, _PROFILE, _XMP = 5, 254, 34675, 700

CLASSIC_BYTES = (1 << 32) - (1 << 25)
"""The samples of a file that is no BigTIFF take less."""

STRIP_BYTES = 1 << 22
"""About so many bytes of samples are in a strip that is written."""


class TiffRows:
    """A TIFF file from which rows are read.

    Args:
        path: the file; its first whole page is read.

    Attributes:
        width, height: in pixels.
        bits: 8 or 16, of a result with the same depth.

    Raises:
        InputError: it is damaged or of a kind that is not read, or has transparency, or is stored
            turned.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _refusing(path), path.open("rb") as file:
            self._page, self._number = _first_page(file.fileno(), path)
        kind = self._kind = kind_of(self._page, str(path))
        if kind.width < 1 or kind.height < 1:
            raise damaged(str(path))
        if kind.alpha is not None:
            raise InputError(
                "{path} has transparency, which is not kept in a picture that is read in strips.",
                next_step="Flatten it onto a background, and choose that file.",
                path=path,
            )
        self.width, self.height = kind.width, kind.height
        self.bits = 8 if kind.bits <= 8 else 16

    def read(self, start: int, stop: int) -> Samples:
        """Rows ``start`` to ``stop`` - 1 in sRGB: (rows, width, 3) float32 in [0, 1].

        Raises:
            InputError: they are damaged, or their numbers cannot be understood.
        """
        name, kind = str(self._path), self._kind
        with _refusing(self._path), logging_silenced(), tifffile.TiffFile(self._path) as file:
            samples = _rows(file.pages[self._number], kind, start, stop, name)
        here = replace(kind, height=stop - start)
        decoded = tiff_samples.decoded(samples, here, self._page, name)
        profile = self._page.bytes(_PROFILE)
        srgb, _ = colours.to_srgb(Decoded(decoded.colours, profile=profile))
        return as_float(srgb, 255) if srgb.dtype == np.uint8 else srgb


def write(
    path: Path,
    rows: Iterable[Samples],
    width: int,
    height: int,
    *,
    bits: int,
    rows_each: int,
    unfinished: Path,
) -> None:
    """Write a TIFF file in sRGB, atomically.

    Args:
        rows: the strips from the top on, (``rows_each``, width, 3) of uint8 or uint16; the last one
            may have fewer rows.
        bits: 8 or 16.
        unfinished: where the file is until it is complete, on the same file system. Its folder is
            made. If this process is killed, it stays there.

    Raises:
        StorageError: it cannot be written; an old file is unchanged.
    """
    size = height * width * 3 * bits // 8
    try:
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        big = size >= CLASSIC_BYTES
        with tifffile.TiffWriter(unfinished, bigtiff=big, byteorder="<") as writer:
            writer.write(
                (_compressed(strip, bits) for strip in rows),
                shape=(height, width, 3),
                dtype=f"u{bits // 8}",
                rowsperstrip=rows_each,
                photometric="rgb",
                planarconfig="contig",
                compression="zlib",
                predictor=True,
                metadata=None,
                iccprofile=srgb_profile(),
                **tags.tiff_options(NOTHING_KEPT),
            )
        atomic.replace(unfinished, path)
    except NeuralStyleError:
        raise
    except (OSError, ValueError) as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=path, reason=reason(error)
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _compressed(strip: Samples, bits: int) -> bytes:
    """A strip as it is in the file: the differences along its rows, deflated."""
    samples = np.ascontiguousarray(strip, dtype=f"<u{bits // 8}")
    differences = np.diff(samples, axis=1, prepend=samples.dtype.type(0))
    return zlib.compress(differences.astype(samples.dtype).tobytes(), 6)


def rows_each(width: int, bits: int) -> int:
    """How many rows a strip of a written file has."""
    return max(1, STRIP_BYTES // (width * 3 * bits // 8))


def _first_page(handle: int, path: Path) -> tuple[Directory, int]:
    """The first page that is a whole picture, and its number."""
    name = str(path)
    if os.fstat(handle).st_size < 8:
        raise damaged(name)
    # Its slices are bytes. It is not closed here, because tags are views of it.
    data = cast("bytes", mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
    layout = tiff_tags.read_layout(data)
    pages = list(tiff_tags.read_directories(data, layout)) if layout else []
    if layout is None or not pages:
        raise damaged(name)
    numbers = [
        number
        for number, page in enumerate(pages)
        if not page.integer(_SUBFILE_TYPE, 0) & _REDUCED_OR_MASK
    ]
    number = (numbers or [0])[0]
    page = pages[number]
    if from_directory(data, layout, page, page.bytes(_XMP)).orientation != 1:
        raise InputError(
            "{path} is stored turned, and cannot be read in strips.",
            next_step="Save it upright in an image editor, and choose that file.",
            path=path,
        )
    return page, number


def _rows(page: tifffile.TiffPage, kind: Kind, start: int, stop: int, name: str) -> Samples:
    """(rows, width, samples), as stored."""
    rows = np.empty((stop - start, kind.width, kind.samples), page.dtype)
    seen = np.zeros((stop - start, kind.width), np.int64)
    tables = page.jpegtables
    for index, (top, height) in enumerate(_segments(page)):
        if top >= stop or top + height <= start:
            continue
        place, length = page.dataoffsets[index], page.databytecounts[index]
        page.parent.filehandle.seek(place)
        stored = page.parent.filehandle.read(length)
        decoded, at, shape = page.decode(stored, index, jpegtables=tables)
        if len(stored) < length or decoded is None:
            raise damaged(name)
        plane, _, first, left, _ = at
        _, tall, wide, samples = shape
        upper, lower = max(start, first), min(stop, first + tall)
        if upper >= lower:
            continue
        wide = min(wide, kind.width - left)  # a tile may go beyond the edge
        part = decoded.reshape(shape)[0, upper - first : lower - first, :wide]
        down, along = slice(upper - start, lower - start), slice(left, left + wide)
        rows[down, along, plane : plane + samples] = part
        seen[down, along] += samples
    if not (seen == kind.samples).all():
        raise damaged(name)
    return rows


def _segments(page: tifffile.TiffPage) -> Iterator[tuple[int, int]]:
    """The first row and the height of each strip or tile, in the file's order."""
    height = page.tilelength if page.is_tiled else page.rowsperstrip
    across = -(-page.imagewidth // page.tilewidth) if page.is_tiled else 1
    down = -(-page.imagelength // height)
    for index in range(len(page.dataoffsets)):
        yield index // across % down * height, height


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Make whatever a decoder raises an error for the user."""
    try:
        yield
    except NeuralStyleError:
        raise
    except FileNotFoundError as error:
        raise InputError("There is no file {path}.", path=path) from error
    except MemoryError:
        raise
    except OSError as error:
        raise InputError(
            "{path} cannot be read ({reason}).", path=path, reason=reason(error)
        ) from error
    except Exception as error:  # decoders raise all kinds of exceptions for damaged data
        raise damaged(str(path)) from error
