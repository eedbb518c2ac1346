"""The content image: each rank reads its own rows, and no more where the format allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from neural_style.picture_files import reading
from neural_style.picture_files.decoded import Samples, as_float
from neural_style.picture_files.kinds import format_of
from neural_style.picture_files.tiff_rows import TiffRows
from neural_style_protocol.errors import InputError
from neural_style_protocol.phrases import reason
from neural_style_protocol.pixels import Picture

FIRST_BYTES = 64
"""They tell a file's format."""


class ContentFile(Protocol):
    """A picture file from which rows are read; see :class:`TiffRows`."""

    width: int
    height: int
    bits: int

    def read(self, start: int, stop: int) -> Samples: ...


class _WholeFile:
    """A file of a format that is decoded as a whole, within the limits of all other commands."""

    def __init__(self, path: Path) -> None:
        loaded = reading.load(path)
        self._picture = loaded.picture
        if self._picture.channels != 3:
            raise InputError(
                "{path} has transparency, which is not kept over ranks.",
                next_step="Flatten it onto a background, and choose that file.",
                path=path,
            )
        self.width, self.height = self._picture.width, self._picture.height
        self.bits = loaded.kept.bits

    def read(self, start: int, stop: int) -> Samples:
        return _samples(self._picture)[start:stop]


def open_content(path: Path) -> ContentFile:
    """The content image's file.

    Raises:
        InputError: it cannot be used; with the reason.
    """
    try:
        with path.open("rb") as file:
            first = file.read(FIRST_BYTES)
    except OSError as problem:
        raise InputError(
            "{path} cannot be read ({reason}).",
            next_step="The file must be there, under the same name, on every host.",
            path=path,
            reason=reason(problem),
        ) from problem
    return TiffRows(path) if format_of(first, str(path)) == "TIFF" else _WholeFile(path)


def rows_of(file: ContentFile, start: int, stop: int) -> Tensor:
    """Rows of the content image: (3, rows, width) float32 in [0, 1]."""
    planes = np.ascontiguousarray(np.moveaxis(file.read(start, stop), -1, 0))
    return torch.from_numpy(planes)


def style_pixels(path: Path, painted_pixels: int) -> Tensor:
    """A style image: (3, height, width) float32 in [0, 1].

    Raises:
        InputError: it cannot be used.
    """
    picture = reading.load_style(path, painted_pixels).picture
    samples = _samples(picture)[..., :3]
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(samples, -1, 0)))


def _samples(picture: Picture) -> Samples:
    """(height, width, channels) float32 in [0, 1]."""
    dtype = np.dtype(np.uint8 if picture.dtype == "u8" else "<f4")
    flat = np.frombuffer(picture.data, dtype)
    samples = flat.reshape(picture.height, picture.width, picture.channels)
    return as_float(samples, 255) if picture.dtype == "u8" else samples.astype(np.float32)
