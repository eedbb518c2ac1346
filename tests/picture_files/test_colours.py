"""Profiles are applied to pictures of every kind, at their full precision."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from neural_style.picture_files import colours, reading
from neural_style.picture_files.loaded import image_of
from picture_files import file_parts as parts
from picture_files.fuzz import image

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
WIDE = imagecodecs.cms_profile("adobergb")
LINEAR_GREY = imagecodecs.cms_profile("gray", gamma=1.0)


def through(picture: Image.Image, profile: bytes) -> bytes:
    """8-bit sRGB by Little CMS."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(picture, source, target, outputMode="RGB").tobytes()


def loaded_rgb(folder: Path, data: bytes) -> bytes:
    path = folder / "file"
    path.write_bytes(data)
    return image_of(reading.load(path).picture).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_indexed_colours_go_through_the_profile(tmp_path: Path, kind: str) -> None:
    picture = image(5).quantize(200)
    data = parts.saved(picture, kind, icc_profile=WIDE)
    assert loaded_rgb(tmp_path, data) == through(picture.convert("RGB"), WIDE)
    assert loaded_rgb(tmp_path, data) != picture.convert("RGB").tobytes()


def test_grey_with_alpha_goes_through_the_profile(tmp_path: Path) -> None:
    grey = image(5).convert("L")
    wanted = through(grey, LINEAR_GREY)
    assert wanted != grey.convert("RGB").tobytes()
    for picture in (grey, grey.convert("LA")):
        data = parts.saved(picture, "PNG", icc_profile=LINEAR_GREY)
        assert loaded_rgb(tmp_path, data) == wanted


def test_a_profile_of_more_than_a_megabyte_is_applied(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(3 << 20)
    large = struct.pack(">I", len(WIDE) + len(noise)) + WIDE[4:] + noise
    packed = b"large\0\0" + zlib.compress(large)
    data = parts.with_chunks(parts.saved(image(5), "PNG"), parts.chunk(b"iCCP", packed))
    assert len(packed) > 1 << 20
    assert loaded_rgb(tmp_path, data) == through(image(5), WIDE)


def test_a_jpeg_profile_in_several_parts(tmp_path: Path) -> None:
    large = struct.pack(">I", len(WIDE) + 100_000) + WIDE[4:] + bytes(100_000)
    data = parts.saved(image(5), "JPEG", icc_profile=large)
    with Image.open(io.BytesIO(data)) as plain:
        assert loaded_rgb(tmp_path, data) == through(plain.convert("RGB"), WIDE)


@pytest.mark.parametrize("profile", [b"no profile", LINEAR_GREY, WIDE[:300]])
def test_an_unsuitable_profile_is_ignored_with_a_note(tmp_path: Path, profile: bytes) -> None:
    path = tmp_path / "file.png"
    image(5).save(path, icc_profile=profile)
    found = reading.load(path)
    assert image_of(found.picture).tobytes() == image(5).tobytes()
    assert found.notes == (colours.UNFIT,)
    assert found.kept.profile is None


def test_the_profile_is_kept_unless_it_means_srgb(tmp_path: Path) -> None:
    path = tmp_path / "file.png"
    for profile, kept in ((WIDE, WIDE), (SRGB, None), (imagecodecs.cms_profile("srgb"), None)):
        image(5).save(path, icc_profile=profile)
        assert reading.load(path).kept.profile == kept
    image(5).convert("L").save(path, icc_profile=LINEAR_GREY)
    assert reading.load(path).kept.profile is None


def test_sixteen_bits_are_converted_from_a_profile_in_sixteen(tmp_path: Path) -> None:
    ramp = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    path = tmp_path / "file.tif"
    tifffile.imwrite(path, np.dstack((ramp, ramp, ramp)), photometric="rgb", iccprofile=WIDE)
    picture = reading.load(path).picture
    samples = np.frombuffer(picture.data, np.float32).reshape(-1, 3)
    assert len(np.unique(np.rint(samples[:, 1] * 65535))) > 4000
    straight = Image.fromarray(np.dstack([(ramp // 257).astype(np.uint8)] * 3))
    coarse = np.frombuffer(through(straight, WIDE), np.uint8).reshape(-1, 3)
    assert np.abs(samples * 255 - coarse).max() < 2.5


def test_sixteen_bits_in_srgb_are_not_changed(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 65536, (9, 7, 3), np.uint16)
    path = tmp_path / "file.tif"
    tifffile.imwrite(path, values, photometric="rgb", iccprofile=SRGB)
    samples = np.frombuffer(reading.load(path).picture.data, np.float32)
    assert np.array_equal(np.rint(samples * 65535).reshape(values.shape), values)


@pytest.mark.parametrize("bits", [8, 16])
def test_linear_grey_of_any_bits(tmp_path: Path, bits: int) -> None:
    grey = np.full((4, 4), (1 << bits) // 5, np.uint8 if bits == 8 else np.uint16)
    path = tmp_path / "file.tif"
    tifffile.imwrite(path, grey, photometric="minisblack", iccprofile=LINEAR_GREY)
    found = image_of(reading.load(path).picture).getpixel((1, 1))
    assert found == pytest.approx((124, 124, 124), abs=1)  # sRGB's curve at 0.2


def test_cmyk_of_a_jpeg_is_not_inverted_and_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "inks.jpg"
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(path, quality=95)
    found = reading.load(path)
    red, green, _ = image_of(found.picture).getpixel((5, 5))
    assert (red > 200, green < 50) == (True, True)
    assert any("CMYK" in note for note in found.notes)


@pytest.mark.parametrize("colour_type", [0, 2, 4, 6])
def test_sixteen_bits_of_a_png_are_kept(tmp_path: Path, colour_type: int) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    values = np.random.default_rng(3).integers(0, 65536, (5, 7, channels), np.uint16)
    path = tmp_path / "file.png"
    path.write_bytes(parts.png(7, 5, 16, colour_type, [r.tobytes() for r in values.astype(">u2")]))
    found = reading.load(path)
    shape = (5, 7, found.picture.channels)
    samples = np.rint(np.frombuffer(found.picture.data, np.float32) * 65535).reshape(shape)
    if channels < 3:
        values = np.dstack([values[..., :1]] * 3 + [values[..., 1:]])
    assert np.array_equal(samples, values)
    assert found.kept.bits == 16


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (13, 9)])
def test_interlaced(tmp_path: Path, dtype: type, size: tuple[int, int]) -> None:
    values = np.random.default_rng(4).integers(0, 256, (size[1], size[0], 3), dtype)
    starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4))
    starts += ((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    passes = [values[top::down, left::across] for left, top, across, down in starts]
    big = np.dtype(dtype).newbyteorder(">")
    rows = [row.astype(big).tobytes() for part in passes if part.shape[1] for row in part]
    bits = 8 * np.dtype(dtype).itemsize
    path = tmp_path / "file.png"
    path.write_bytes(parts.png(*size, bits, 2, rows, interlaced=True))
    picture = reading.load(path).picture
    found = np.frombuffer(picture.data, np.uint8 if bits == 8 else np.float32)
    found = np.rint(found * (1 if bits == 8 else 65535)).reshape(values.shape)
    assert np.array_equal(found, values)


def test_sixteen_bits_whose_checksum_is_wrong_print_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    row = np.arange(21, dtype=">u2").tobytes()
    whole = parts.png(7, 5, 16, 2, [row[:42]] * 5)
    place = whole.index(b"IEND") - 12  # the last byte of the checksum of the compressed rows
    path = tmp_path / "file.png"
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    picture = reading.load(path).picture
    samples = np.rint(np.frombuffer(picture.data, np.float32) * 65535)
    assert samples.reshape(5, 21).tolist() == [list(range(21))] * 5
    assert capfd.readouterr() == ("", "")


def test_a_style_has_eight_bits_and_is_scaled_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ENOUGH_FOR_A_STYLE", 10_000)
    jpeg, deep = tmp_path / "style.jpg", tmp_path / "style.png"
    Image.new("RGB", (600, 400), (10, 200, 30)).save(jpeg)
    deep.write_bytes(parts.png(600, 400, 16, 0, [bytes(1200)] * 400))
    for pixels, jpeg_width, deep_width in ((1, 150, 150), (6000, 300, 300), (None, 600, 600)):
        assert reading.load_style(jpeg, pixels).picture.width == jpeg_width
        picture = reading.load_style(deep, pixels).picture
        assert (picture.width, picture.dtype) == (deep_width, "u8")
