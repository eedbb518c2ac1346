"""Transparency is kept, however a file stores it, and with any profile."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from neural_style.picture_files import reading
from neural_style.picture_files.loaded import image_of
from neural_style_protocol.errors import InputError
from picture_files import file_parts as parts

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def alpha_of(folder: Path, data: bytes) -> np.ndarray:
    """The alpha plane of a file, in [0, 1]."""
    path = folder / "file.png"
    path.write_bytes(data)
    picture = reading.load(path).picture
    assert picture.channels == 4
    dtype, most = (np.uint8, 255) if picture.dtype == "u8" else (np.float32, 1)
    samples = np.frombuffer(picture.data, dtype).reshape(picture.height, picture.width, 4)
    return samples[..., 3] / most


@pytest.mark.parametrize("profile", [None, SRGB])
def test_one_transparent_colour(tmp_path: Path, profile: bytes | None) -> None:
    picture = Image.new("RGB", (6, 4), (9, 8, 7))
    picture.paste((9, 8, 6), (0, 2, 6, 4))
    options = {"icc_profile": profile} if profile else {}
    alpha = alpha_of(tmp_path, parts.saved(picture, "PNG", transparency=(9, 8, 7), **options))
    assert (alpha[:2].max(), alpha[2:].min()) == (0, 1)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_one_transparent_grey_of_any_bits(tmp_path: Path, bits: int) -> None:
    """The first value of the row is transparent; its neighbour is not."""
    clear = {1: 1, 2: 2, 4: 9, 8: 100, 16: 0x0100}[bits]
    other = {1: 0, 2: 1, 4: 8, 8: 99, 16: 0x0101}[bits]
    row = (
        struct.pack(">HH", clear, other)
        if bits == 16
        else ((clear << bits | other) << (16 - 2 * bits)).to_bytes(2, "big")[: 1 + (bits == 8)]
    )
    file = parts.png(2, 1, bits, 0, [row], parts.chunk(b"tRNS", struct.pack(">H", clear)))
    assert alpha_of(tmp_path, file).tolist() == [[0, 1]]


def test_one_transparent_colour_of_sixteen_bits(tmp_path: Path) -> None:
    row = struct.pack(">6H", 1000, 2000, 3000, 1000, 2000, 3001)
    clear = parts.chunk(b"tRNS", struct.pack(">3H", 1000, 2000, 3000))
    assert alpha_of(tmp_path, parts.png(2, 1, 16, 2, [row], clear)).tolist() == [[0, 1]]


@pytest.mark.parametrize("profile", [None, SRGB])
def test_alpha_of_indices(tmp_path: Path, profile: bytes | None) -> None:
    picture = Image.new("P", (3, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.putdata([0, 1, 2])
    options = {"icc_profile": profile} if profile else {}
    file = parts.saved(picture, "PNG", transparency=bytes((0, 51)), **options)
    assert alpha_of(tmp_path, file).tolist() == [[0, 0.2, 1]]


@pytest.mark.parametrize("clear", [b"", b"\0", bytes(5)])
def test_a_transparent_colour_of_the_wrong_length_is_ignored(tmp_path: Path, clear: bytes) -> None:
    path = tmp_path / "file.png"
    for bits, row in ((8, bytes(6)), (16, bytes(12))):
        path.write_bytes(parts.png(2, 1, bits, 2, [row], parts.chunk(b"tRNS", clear)))
        assert reading.load(path).picture.channels == 3


def test_transparent_parts_of_a_mask_are_not_painted(tmp_path: Path) -> None:
    mask = Image.new("RGBA", (8, 4), (255, 255, 255, 0))
    mask.paste((255, 255, 255, 255), (0, 0, 4, 4))
    mask.paste((255, 255, 255, 128), (4, 0, 5, 4))
    path = tmp_path / "mask.png"
    mask.save(path)
    found = image_of(reading.load_mask(path, (8, 4)).picture)
    assert list(found.crop((3, 0, 6, 1)).tobytes()) == [255, 128, 0]


def test_a_mask_of_sixteen_bits_with_alpha(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    row = struct.pack(">6H", 65535, 65535, 65535, 0, 32896, 65535)
    path.write_bytes(parts.png(3, 1, 16, 4, [row]))
    assert list(reading.load_mask(path, (3, 1)).picture.data) == [255, 0, 128]


def test_a_mask_is_turned_upright(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    exif = Image.Exif()
    exif[274] = 6
    mask = Image.new("L", (2, 1))
    mask.putdata([10, 200])
    mask.save(path, exif=exif)
    assert reading.load_mask(path, (1, 2)).picture.data == bytes((10, 200))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_fully_transparent_style_is_refused(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "clear.png"
    picture = Image.new(mode, (20, 20), 0)
    picture.save(path)
    with pytest.raises(InputError, match=r"clear\.png is transparent everywhere"):
        reading.load_style(path)
    picture.putpixel((3, 3), (9, 9, 9, 1) if mode == "RGBA" else (9, 1))
    picture.save(path)
    assert reading.load_style(path).picture.channels == 4
