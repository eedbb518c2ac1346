"""Rows of a TIFF file are those of the whole picture, however it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from neural_style.picture_files import reading, tiff_rows
from neural_style.picture_files.decoded import Samples
from neural_style.picture_files.tiff_rows import TiffRows
from neural_style_protocol.errors import InputError, StorageError

HEIGHT, WIDTH = 70, 53


def samples(dtype: Any, channels: int = 3) -> Samples:
    random = np.random.default_rng(1)
    values = random.random((HEIGHT, WIDTH, channels))
    if dtype == np.float32:
        return values.astype(np.float32)
    return (values * np.iinfo(dtype).max).astype(dtype)


def as_loaded(path: Path) -> Samples:
    """The whole picture, as the rest of the program reads it."""
    picture = reading.load(path).picture
    dtype = np.dtype(np.uint8 if picture.dtype == "u8" else "<f4")
    flat = np.frombuffer(picture.data, dtype).reshape(picture.height, picture.width, 3)
    return flat.astype(np.float32) / np.float32(255) if picture.dtype == "u8" else flat


STORED: dict[str, dict[str, Any]] = {
    "one strip": {},
    "strips": {"rowsperstrip": 7, "compression": "zlib", "predictor": True},
    "tiles": {"tile": (16, 32), "compression": "lzw"},
    "planes": {"planarconfig": "separate", "rowsperstrip": 16},
    "big": {"bigtiff": True, "rowsperstrip": 9},
    "big-endian": {"byteorder": ">", "rowsperstrip": 9},
}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("how", STORED)
def test_rows_are_those_of_the_whole_picture(tmp_path: Path, how: str, dtype: Any) -> None:
    path, options = tmp_path / "photo.tif", dict(STORED[how])
    values = samples(dtype)
    if how == "planes":
        values = np.moveaxis(values, -1, 0)
    tifffile.imwrite(path, values, photometric="rgb", **options)
    file = TiffRows(path)
    assert (file.width, file.height) == (WIDTH, HEIGHT)
    assert file.bits == (8 if dtype == np.uint8 else 16)
    whole = as_loaded(path)
    for start, stop in ((0, HEIGHT), (0, 1), (13, 41), (48, 70)):
        rows = file.read(start, stop)
        assert rows.dtype == np.float32
        np.testing.assert_array_equal(rows, whole[start:stop])


def test_grey_rows_become_colours(tmp_path: Path) -> None:
    path = tmp_path / "grey.tif"
    tifffile.imwrite(path, samples(np.uint8, 1)[..., 0], rowsperstrip=8)
    np.testing.assert_array_equal(TiffRows(path).read(5, 30), as_loaded(path)[5:30])


def test_only_the_strips_with_the_rows_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "torn.tif"
    tifffile.imwrite(path, samples(np.uint8), rowsperstrip=10, compression="zlib")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[6]
    with path.open("r+b") as opened:
        opened.seek(offset)
        opened.write(bytes(40))
    assert TiffRows(path).read(0, 60).shape == (60, WIDTH, 3)
    with pytest.raises(InputError, match="damaged"):
        TiffRows(path).read(50, 61)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda path: path.write_bytes(b"II*\0"), "damaged"),
        (lambda path: path.write_bytes(b"II*\0\x08\0\0\0" + bytes(50)), "damaged"),
        (lambda path: None, "no file"),
        (
            lambda path: tifffile.imwrite(
                path, samples(np.uint8, 4), photometric="rgb", extrasamples=["unassalpha"]
            ),
            "transparency",
        ),
        (
            lambda path: tifffile.imwrite(
                path, samples(np.uint8), extratags=[(274, "H", 1, 6, True)]
            ),
            "turned",
        ),
    ],
    ids=["cut off", "empty", "missing", "alpha", "turned"],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, made: Any, words: str) -> None:
    path = tmp_path / "photo.tif"
    made(path)
    with pytest.raises(InputError, match=words):
        TiffRows(path)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_picture_is_written_strip_by_strip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    path, values = tmp_path / "out.tif", samples(np.uint8 if bits == 8 else np.uint16)
    monkeypatch.setattr(tiff_rows, "CLASSIC_BYTES", 0)
    strips = (values[top : top + 16] for top in range(0, HEIGHT, 16))
    size = (WIDTH, HEIGHT)
    tiff_rows.write(path, strips, *size, bits=bits, rows_each=16, unfinished=tmp_path / "new")
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), values)
    np.testing.assert_array_equal(TiffRows(path).read(0, HEIGHT), as_loaded(path))


def test_a_picture_that_ends_early_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.tif"
    path.write_bytes(b"old")

    def strips() -> Iterator[Samples]:
        yield samples(np.uint8)[:16]
        raise OSError(28, "No space left on device")

    size = (WIDTH, HEIGHT)
    with pytest.raises(StorageError, match="No space left"):
        tiff_rows.write(path, strips(), *size, bits=8, rows_each=16, unfinished=tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["out.tif"]
    assert path.read_bytes() == b"old"
