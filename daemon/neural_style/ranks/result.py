"""The result: the first rank gets the picture strip by strip, and writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from neural_style.engine.share import Bands, Share, Span
from neural_style.picture_files import tiff_rows
from neural_style.picture_files.decoded import Samples

NOTHING = Span(0, 0)


def write(
    path: Path, rows: Tensor, bands: Bands, bits: int, share: Share, unfinished: Path
) -> None:
    """Write the picture; all ranks call it.

    Args:
        rows: this rank's own, (3, rows, width) float32 in [0, 1].
        bands: who has which rows; if this rank has all of them, so has each other.
        share: of all ranks.
        bits: 8 or 16 a sample.
        unfinished: see :func:`~neural_style.picture_files.tiff_rows.write`.

    Raises:
        StorageError: in the first rank, if it cannot be written.
        RankLost: another rank was lost.
    """
    width, each = rows.shape[2], tiff_rows.rows_each(rows.shape[2], bits)
    strips = _strips(rows, bands, each, bits)
    if share.rank == 0:
        tiff_rows.write(
            *(path, strips, width, bands.height),
            bits=bits,
            rows_each=each,
            unfinished=unfinished,
        )
    elif not bands.are_one:
        for _ in strips:
            pass


def _strips(rows: Tensor, bands: Bands, each: int, bits: int) -> Iterator[Samples]:
    """The strips from the top on, in the first rank: (rows, width, 3) of uint8 or uint16."""
    white = (1 << bits) - 1
    for top in range(0, bands.height, each):
        strip = Span(top, min(top + each, bands.height))
        gets = tuple(strip if rank == 0 else NOTHING for rank in range(bands.share.count))
        if bands.are_one:
            found = rows[:, strip.slice]
        else:
            found = bands.share.complete(rows, bands.spans, gets)
        levels = (found.clamp(0, 1) * white).round().to(torch.int32)
        yield np.moveaxis(levels.numpy(), 0, -1).astype(np.uint8 if bits == 8 else np.uint16)
