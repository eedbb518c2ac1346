"""The orientation is applied, and metadata never prevent reading a picture."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_style.picture_files import reading
from neural_style.picture_files.loaded import image_of
from neural_style.picture_files.metadata import from_exif
from picture_files import file_parts as parts
from picture_files.fuzz import image


def loaded_image(folder: Path, data: bytes) -> Image.Image:
    path = folder / "file"
    path.write_bytes(data)
    return image_of(reading.load(path).picture)


def files_turned(number: int) -> dict[str, bytes]:
    """A 24 × 16 picture in each format, with EXIF orientation ``number``."""
    picture, block = image(5), parts.exif(parts.short(274, number))
    lossless = parts.saved(picture, "WEBP", lossless=True)
    rgb = [parts.short(258, 8, 8, 8), parts.short(259, 1), parts.short(262, 2), parts.short(277, 3)]
    return {
        "PNG": parts.with_chunks(parts.saved(picture, "PNG"), parts.chunk(b"eXIf", block[6:])),
        "WEBP": parts.with_riff_chunks(lossless, picture.size, (b"EXIF", block[6:])),
        "WEBP with a header": parts.with_riff_chunks(lossless, picture.size, (b"EXIF", block)),
        "TIFF": parts.tiff(picture.size, picture.tobytes(), [*rgb, parts.short(274, number)]),
    }


UPRIGHT = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("number", UPRIGHT)
def test_every_format_is_turned_upright(tmp_path: Path, number: int) -> None:
    way = UPRIGHT[number]
    wanted = image(5) if way is None else image(5).transpose(way)
    for kind, data in files_turned(number).items():
        found = loaded_image(tmp_path, data)
        assert (kind, found.size, found.tobytes()) == (kind, wanted.size, wanted.tobytes())


@pytest.mark.parametrize("number", [0, 9, 65535])
def test_an_invalid_orientation_is_ignored(tmp_path: Path, number: int) -> None:
    for data in files_turned(number).values():
        assert loaded_image(tmp_path, data).tobytes() == image(5).tobytes()


@pytest.mark.parametrize("headers", [0, 1, 2])
def test_a_jpeg_with_repeated_exif_headers_is_turned(tmp_path: Path, headers: int) -> None:
    block = b"Exif\0\0" * headers + parts.exif(parts.short(274, 6))
    plain = parts.saved(image(5), "JPEG")
    turned = loaded_image(tmp_path, parts.with_segments(plain, parts.segment(0xE1, block)))
    wanted = loaded_image(tmp_path, plain).transpose(Image.Transpose.ROTATE_270)
    assert turned.tobytes() == wanted.tobytes()


def test_one_invalid_value_does_not_hide_the_orientation() -> None:
    odd = (282, 5, 2**31, b"\0\0\0\0")
    found = from_exif(parts.exif(odd, (41729, 7, 9, b"x"), parts.short(274, 6)))
    assert found.orientation == 6


def test_orientation_comes_from_xmp_if_exif_has_none() -> None:
    assert from_exif(None, b'<x tiff:Orientation="8"/>').orientation == 8
    assert from_exif(parts.exif(parts.short(274, 3)), b'tiff:Orientation="8"').orientation == 3


def test_exif_in_a_png_by_imagemagick_is_read(tmp_path: Path) -> None:
    block = parts.exif(parts.short(274, 8))
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    packed = b"Raw profile type exif\0\0" + zlib.compress(text)
    data = parts.with_chunks(parts.saved(image(5), "PNG"), parts.chunk(b"zTXt", packed))
    assert loaded_image(tmp_path, data).size == (16, 24)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_long_text_in_a_png_is_no_damage(tmp_path: Path, kind: bytes) -> None:
    packed = zlib.compress(b"x" * (80 << 20))
    head = b"Description\0\0" if kind == b"zTXt" else b"Description\0\1\0\0\0"
    data = parts.with_chunks(parts.saved(image(5), "PNG"), parts.chunk(kind, head + packed))
    assert loaded_image(tmp_path, data).tobytes() == image(5).tobytes()


def test_a_wrong_checksum_of_metadata_is_no_damage(tmp_path: Path) -> None:
    bad = [parts.chunk(kind, b"abc", 1) for kind in (b"tEXt", b"tIME", b"eXIf", b"pHYs", b"teSt")]
    data = parts.with_chunks(parts.saved(image(5), "PNG"), *bad)
    assert loaded_image(tmp_path, data).tobytes() == image(5).tobytes()


def test_a_broken_list_of_pictures_gives_no_warning(tmp_path: Path) -> None:
    segments = [parts.segment(0xE2, b"MPF\0" + tail) for tail in (b"", b"MM\0*\0\0\0\x08\0\1")]
    plain = parts.saved(image(5), "JPEG")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = loaded_image(tmp_path, parts.with_segments(plain, *segments))
    assert caught == []
    assert found.tobytes() == loaded_image(tmp_path, plain).tobytes()


def test_what_a_painted_picture_keeps(tmp_path: Path) -> None:
    inner_at = 8 + 2 + 12 * 6 + 4 + 8 + 8 + 20 + 8 + 12
    fraction = struct.pack("<II", 300, 1)
    entries = [
        (282, 5, 1, fraction),
        (283, 5, 1, struct.pack("<II", 150, 1)),
        parts.text(306, "2020:01:02 03:04:05"),
        parts.text(315, "Ann\x07 O"),
        parts.text(33432, "© Ann Ov"),
        parts.long(34665, inner_at),
    ]
    block = parts.exif(*entries)
    block = block.ljust(6 + inner_at, b"\0")
    block += parts.directory([parts.text(36867, "2019:05:06 07:08:09")], inner_at)
    path = tmp_path / "photo.jpg"
    # JFIF comes before EXIF, and gives no unit here.
    path.write_bytes(parts.with_segments(parts.saved(image(5), "JPEG"), parts.segment(0xE1, block)))
    kept = reading.load(path).kept
    assert kept.resolution == (300, 150)
    assert (kept.date, kept.artist, kept.copyright) == ("2019:05:06 07:08:09", "Ann O", "© Ann Ov")
    assert (kept.bits, kept.profile) == (8, None)


@pytest.mark.parametrize("date", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""])
def test_an_invalid_date_is_ignored(date: str) -> None:
    assert from_exif(parts.exif(parts.text(306, date))).date is None


def test_long_texts_are_shortened() -> None:
    assert from_exif(parts.exif(parts.text(315, "x" * 5000))).artist == "x" * 500


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_the_resolution_of_each_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(parts.saved(image(5), kind, dpi=(300, 200)))
    assert reading.load(path).kept.resolution == pytest.approx((300, 200), abs=0.01)


@pytest.mark.parametrize(("across", "unit"), [((0, 1), 2), ((1, 0), 2), ((300, 1), 1)])
def test_an_invalid_resolution_is_ignored(across: tuple[int, int], unit: int) -> None:
    value = struct.pack("<II", *across)
    block = parts.exif((282, 5, 1, value), (283, 5, 1, value), parts.short(296, unit))
    assert from_exif(block).resolution is None


def test_the_resolution_turns_with_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "file.png"
    exif = Image.Exif()
    exif[274] = 6
    image(5).save(path, dpi=(300, 200), exif=exif)
    assert reading.load(path).kept.resolution == pytest.approx((200, 300), abs=0.01)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "TIFF"])
def test_the_first_of_several_pictures_is_used_with_a_note(tmp_path: Path, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    others = [image(6), image(7)]
    path = tmp_path / "file"
    data = parts.saved(image(5), kind, save_all=True, append_images=others, **options)
    path.write_bytes(data)
    found = reading.load(path)
    assert image_of(found.picture).convert("RGB").tobytes() == image(5).tobytes()
    assert [note for note in found.notes if "first" in note] == list(found.notes)
    assert found.notes


def test_a_single_picture_gets_no_note(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for kind in ("WEBP", "PNG", "TIFF", "JPEG"):
        path.write_bytes(parts.saved(image(5), kind))
        assert reading.load(path).notes == ()


def test_eight_bit_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for kind in ("PNG", "TIFF"):
        for mode in ("1", "L", "RGB", "RGBA", "P"):
            picture = image(5).convert(mode)
            path.write_bytes(parts.saved(picture, kind))
            found = image_of(reading.load(path).picture)
            wanted = picture.convert("RGBA" if mode == "RGBA" else "RGB")
            assert np.array_equal(np.asarray(found), np.asarray(wanted)), (kind, mode)
