"""TIFF files of all kinds are read correctly, or refused with an error."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from neural_style.picture_files import reading, tiff_samples
from neural_style.picture_files.loaded import LoadedPicture, image_of
from neural_style_protocol.errors import InputError
from picture_files import file_parts as parts
from picture_files.fuzz import image

CHANCE = np.random.default_rng(11)
GREY = CHANCE.integers(0, 65536, (16, 24), np.uint16)
RGB = CHANCE.integers(0, 65536, (16, 24, 3), np.uint16)


def written(samples: np.ndarray, photometric: str, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, photometric=photometric, metadata=None, **options)
    return file.getvalue()


def loaded(folder: Path, data: bytes) -> LoadedPicture:
    path = folder / "scan.tif"
    path.write_bytes(data)
    return reading.load(path)


def samples_of(found: LoadedPicture) -> np.ndarray:
    picture = found.picture
    dtype = {"u8": np.uint8, "f32": np.float32}[picture.dtype]
    flat = np.frombuffer(picture.data, dtype)
    return flat.reshape(picture.height, picture.width, picture.channels)


def refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(InputError) as refused:
        loaded(folder, data)
    assert "scan.tif" in refused.value.sentence
    assert refused.value.next_step
    return refused.value.sentence


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "lzw"},
        {"compression": "zlib", "predictor": True},
        {"compression": "zstd", "rowsperstrip": 3},
        {"compression": "packbits"},
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "lzw"},
        {"bigtiff": True, "compression": "zlib"},
        {"byteorder": ">"},
        {"byteorder": ">", "compression": "zlib", "predictor": True},
    ],
)
def test_sixteen_bits_are_kept_in_every_layout(tmp_path: Path, options: dict[str, Any]) -> None:
    for stored, photometric in ((RGB, "rgb"), (GREY, "minisblack")):
        found = loaded(tmp_path, written(stored, photometric, **options))
        back = np.rint(samples_of(found).astype(np.float64) * 65535)
        assert np.array_equal(back, stored if stored.ndim == 3 else np.dstack([stored] * 3))
        assert (found.kept.bits, found.notes) == (16, ())


def test_separate_planes(tmp_path: Path) -> None:
    planes = RGB.transpose(2, 0, 1).copy()
    for options in ({}, {"compression": "zlib"}, {"tile": (16, 16)}):
        data = written(planes, "rgb", planarconfig="separate", **options)
        assert np.array_equal(np.rint(samples_of(loaded(tmp_path, data)) * 65535), RGB)


def test_twelve_bits_have_white_at_4095(tmp_path: Path) -> None:
    values = np.array([[0, 1, 2048, 4095]], np.uint16)
    packed = bytes([0x00, 0x00, 0x01, 0x80, 0x0F, 0xFF])
    meaning = [parts.short(258, 12), parts.short(262, 1), parts.short(277, 1)]
    found = samples_of(loaded(tmp_path, parts.tiff((4, 1), packed, meaning)))
    assert found[..., 0] == pytest.approx(values / 4095)


def test_white_is_zero(tmp_path: Path) -> None:
    for stored, white in ((GREY, 65535), ((GREY >> 8).astype(np.uint8), 255)):
        found = samples_of(loaded(tmp_path, written(stored, "miniswhite")))
        scale = 65535 if white == 65535 else 1
        assert np.array_equal(np.rint(found[..., 0] * scale), white - stored)


def test_few_bits_span_black_to_white(tmp_path: Path) -> None:
    for bits, packed in ((1, b"\x40"), (2, b"\x1b"), (4, b"\x05\xaf")):
        meaning = [parts.short(258, bits), parts.short(262, 1), parts.short(277, 1)]
        width = 4 if bits == 4 else 8 // bits
        found = samples_of(loaded(tmp_path, parts.tiff((width, 1), packed, meaning)))
        wanted = {1: [0, 255] + [0] * 6, 2: [0, 85, 170, 255], 4: [0, 85, 170, 255]}[bits]
        assert found[0, :, 0].tolist() == wanted


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_point_numbers(tmp_path: Path, dtype: type) -> None:
    values = np.linspace(0, 1, 16 * 24 * 3).reshape(16, 24, 3).astype(dtype)
    for options in ({}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}):
        found = loaded(tmp_path, written(values, "rgb", **options))
        assert np.array_equal(samples_of(found), values.astype(np.float32))
        assert found.notes == ()


def test_nan_and_infinity_are_replaced(tmp_path: Path) -> None:
    values = np.full((4, 5), 0.5, np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    found = loaded(tmp_path, written(values, "minisblack"))
    assert samples_of(found)[0, :, 0].tolist() == [0, 1, 0, 0.5, 0.5]
    assert found.notes == (tiff_samples.NOT_NUMBERS, tiff_samples.CLIPPED)


def test_samples_far_out_of_range_are_refused(tmp_path: Path) -> None:
    for values in (RGB.astype(np.float32) / 257, np.full((4, 4), np.inf, np.float32)):
        said = refusal(tmp_path, written(values, "rgb" if values.ndim == 3 else "minisblack"))
        assert "white is 1" in said


def test_whole_numbers_of_32_bits(tmp_path: Path) -> None:
    values = GREY.astype(np.uint32) * 65537
    found = samples_of(loaded(tmp_path, written(values, "minisblack")))
    assert found[..., 0] == pytest.approx(GREY / 65535, abs=1e-6)
    assert "which is white" in refusal(tmp_path, written(values >> 20, "minisblack"))


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_signed_numbers_are_refused(tmp_path: Path, dtype: type) -> None:
    assert "signed" in refusal(tmp_path, written((GREY >> 9).astype(dtype), "minisblack"))


def test_straight_and_premultiplied_alpha(tmp_path: Path) -> None:
    straight = np.dstack((RGB, np.full(GREY.shape, 32896, np.uint16)))
    found = samples_of(loaded(tmp_path, written(straight, "rgb", extrasamples=["unassalpha"])))
    assert np.array_equal(np.rint(found * 65535), straight)
    multiplied = straight.copy()
    multiplied[..., :3] = np.rint(RGB * (32896 / 65535))
    found = samples_of(loaded(tmp_path, written(multiplied, "rgb", extrasamples=["assocalpha"])))
    assert found == pytest.approx(straight / 65535, abs=2e-5)


def test_premultiplied_alpha_at_eight_bits(tmp_path: Path) -> None:
    samples = np.array([[[50, 100, 0, 100], [9, 9, 9, 0]]], np.uint8)
    found = samples_of(loaded(tmp_path, written(samples, "rgb", extrasamples=["assocalpha"])))
    assert found.tolist() == [[[127, 255, 0, 100], [0, 0, 0, 0]]]


def test_a_channel_not_marked_as_alpha_is_ignored(tmp_path: Path) -> None:
    samples = np.dstack((RGB, GREY))
    found = loaded(tmp_path, written(samples, "rgb", extrasamples=["unspecified"]))
    assert (found.picture.channels, found.notes) == (3, (tiff_samples.LEFT_OUT,))


def test_grey_with_alpha(tmp_path: Path) -> None:
    samples = np.dstack((GREY, GREY[::-1]))
    data = written(samples, "minisblack", extrasamples=["unassalpha"], planarconfig="contig")
    found = np.rint(samples_of(loaded(tmp_path, data)) * 65535)
    assert np.array_equal(found, np.dstack((GREY, GREY, GREY, GREY[::-1])))


def test_cmyk_with_alpha(tmp_path: Path) -> None:
    inks = np.zeros((2, 3, 5), np.uint8)
    inks[..., 0], inks[..., 4] = 255, 77
    found = loaded(
        tmp_path, written(inks, "separated", extrasamples=["unassalpha"], planarconfig="contig")
    )
    assert samples_of(found)[0, 0].tolist() == [0, 255, 255, 77]
    assert any("CMYK" in note for note in found.notes)


def test_sixteen_bit_cmyk(tmp_path: Path) -> None:
    inks = np.zeros((1, 1, 4), np.uint16)
    inks[...] = 65535, 0, 0, 32768
    found = samples_of(loaded(tmp_path, written(inks, "separated")))
    assert found[0, 0] == pytest.approx([0, 0.5, 0.5], abs=1e-4)


def test_indexed_colours(tmp_path: Path) -> None:
    indices = (GREY >> 8).astype(np.uint8)
    table = CHANCE.integers(0, 256, (3, 256), np.uint16)
    for scale in (256, 257, 1):
        data = written(indices, "palette", colormap=table * np.uint16(scale))
        assert np.array_equal(samples_of(loaded(tmp_path, data)), table.T[indices])


def test_ycbcr_is_converted(tmp_path: Path) -> None:
    picture = image(5).convert("YCbCr")
    for options in ({}, {"compression": "tiff_lzw"}):
        found = loaded(tmp_path, parts.saved(picture, "TIFF", **options))
        assert image_of(found.picture).tobytes() == picture.convert("RGB").tobytes()
    meaning = [parts.short(258, 8, 8, 8), parts.short(262, 6), parts.short(277, 3)]
    subsampled = parts.tiff((2, 2), bytes(6), [*meaning, parts.short(530, 2, 2)])
    assert "YCbCr" in refusal(tmp_path, subsampled)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_missing_strips_or_tiles_are_damage(tmp_path: Path, options: dict[str, Any]) -> None:
    rows = {} if "tile" in options else {"rowsperstrip": 8}
    data = bytearray(written(RGB, "rgb", **options, **rows))
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        tag = tiff.pages[0].tags[324 if "tile" in options else 273]
    assert tag.count == 2
    data[tag.offset + 4 : tag.offset + 8] = struct.pack("<I", 1)
    data[tag.offset + 8 : tag.offset + 12] = struct.pack("<I", tag.value[0])
    assert "damaged" in refusal(tmp_path, bytes(data))


def test_jpeg_compression(tmp_path: Path) -> None:
    picture = image(5).resize((48, 32), Image.Resampling.BICUBIC)
    data = parts.saved(picture, "TIFF", compression="jpeg")
    with Image.open(io.BytesIO(data)) as wanted:
        assert image_of(loaded(tmp_path, data).picture).tobytes() == wanted.tobytes()


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_turned_and_uncompressed(tmp_path: Path, compression: str | None, order: str) -> None:
    samples = np.asarray(image(5))
    options = {"compression": "lzw"} if compression else {}
    extra = [(274, "H", 1, 6, True)]
    data = written(samples, "rgb", byteorder=order, extratags=extra, **options)
    assert np.array_equal(samples_of(loaded(tmp_path, data)), np.rot90(samples, -1))


def test_a_thumbnail_before_the_picture_is_skipped(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as tiff:
        tiff.write(np.zeros((4, 6, 3), np.uint8), photometric="rgb", subfiletype=1)
        tiff.write(np.asarray(image(5)), photometric="rgb")
    found = loaded(tmp_path, file.getvalue())
    assert image_of(found.picture).tobytes() == image(5).tobytes()
    assert found.notes == ()


def raw_photographs() -> list[bytes]:
    """A thumbnail, followed by a sensor's samples or a manufacturer's mark."""
    small = np.zeros((4, 6, 3), np.uint8)
    below = io.BytesIO()
    with tifffile.TiffWriter(below) as tiff:
        tiff.write(small, photometric="rgb", subfiletype=1, subifds=1)
        tiff.write(GREY, photometric=32803)
    second = io.BytesIO()
    with tifffile.TiffWriter(second) as tiff:
        tiff.write(small, photometric="rgb")
        tiff.write(RGB, photometric=34892)
    dng = written(small, "rgb", extratags=[(50706, "B", 4, (1, 4, 0, 0), True)])
    canon = bytearray(written(small, "rgb"))
    entries = struct.unpack("<I", canon[4:8])[0]
    shifted = bytes(canon[:4]) + struct.pack("<I", len(canon)) + b"CR\2\0" + bytes(canon[12:])
    return [below.getvalue(), second.getvalue(), dng, shifted + bytes(canon[entries:])]


@pytest.mark.parametrize("number", range(4))
def test_a_raw_photograph_is_refused(tmp_path: Path, number: int) -> None:
    assert "RAW photograph" in refusal(tmp_path, raw_photographs()[number])


@pytest.mark.parametrize(("photometric", "words"), [(8, "Lab"), (4, "mask"), (32845, "LogLuv")])
def test_unsupported_colours_are_named(tmp_path: Path, photometric: int, words: str) -> None:
    meaning = [parts.short(258, 8, 8, 8), parts.short(262, photometric), parts.short(277, 3)]
    assert words in refusal(tmp_path, parts.tiff((2, 2), bytes(12), meaning))


def test_channels_of_different_bits_are_refused(tmp_path: Path) -> None:
    meaning = [parts.short(258, 5, 6, 5), parts.short(262, 2), parts.short(277, 3)]
    assert "different numbers of bits" in refusal(tmp_path, parts.tiff((2, 2), bytes(8), meaning))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_a_truncated_file_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    whole = written(RGB, "rgb", **options)  # its directory comes first
    for length in (len(whole) - 1, len(whole) * 2 // 3, 9):
        assert "damaged or incomplete" in refusal(tmp_path, whole[:length])


def test_a_header_that_claims_too_much_is_refused_before_decoding(tmp_path: Path) -> None:
    meaning = [parts.short(258, 8), parts.short(262, 1), parts.short(277, 1)]
    for size, words in (((60_000, 60_000), "too large"), ((70_000, 20), "too wide")):
        assert words in refusal(tmp_path, parts.tiff(size, bytes(8), meaning))
    floats = [parts.short(258, *[64] * 4), parts.short(262, 2), parts.short(277, 4)]
    floats.append(parts.short(339, 3, 3, 3, 3))
    assert "too large" in refusal(tmp_path, parts.tiff((10_000, 10_000), bytes(8), floats))
    tiled = [*meaning, parts.long(322, 2**31), parts.long(323, 2**31)]
    tiled += [parts.long(324, 8), parts.long(325, 8)]
    assert "too large" in refusal(tmp_path, parts.tiff((16, 16), bytes(8), tiled))


def test_a_cycle_of_directories_ends(tmp_path: Path) -> None:
    picture = image(5)
    entries = [parts.short(258, 8, 8, 8), parts.short(262, 2), parts.short(277, 3)]
    entries += [parts.long(256, 24), parts.long(257, 16), parts.long(273, 8)]
    entries += [parts.long(278, 16), parts.long(279, 24 * 16 * 3)]
    at = 8 + 24 * 16 * 3
    head = b"II" + struct.pack("<HI", 42, at)
    data = head + picture.tobytes() + parts.directory(entries, at, following=at)
    assert image_of(loaded(tmp_path, data).picture).tobytes() == picture.tobytes()
