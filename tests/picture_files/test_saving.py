"""Saved files: bits, transparency, and the photo's metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from neural_style.picture_files import reading, saving
from neural_style.picture_files.encoding import Encodable, _png
from neural_style.picture_files.loaded import KeptMetadata
from neural_style.picture_files.result_colours import srgb_profile
from neural_style_protocol.errors import StorageError
from neural_style_protocol.pixels import Picture

ENDINGS = ["png", "jpg", "tif", "webp"]
KEPT = KeptMetadata(
    resolution=(300.0, 150.0),
    date="2019:07:21 10:11:12",
    artist="Zoë",
    copyright="© Zoë 2019",
)


def deep(channels: int, seed: int = 0) -> tuple[np.ndarray, Picture]:
    """16-bit samples (7, 9, channels), and their picture."""
    samples = np.random.default_rng(seed).integers(0, 65536, (7, 9, channels), dtype=np.uint16)
    floats = samples.astype("<f4") / np.float32(65535)
    return samples, Picture.of(9, 7, channels, floats.tobytes(), "f32")


def flat(channels: int, value: int = 90, size: int = 24) -> Picture:
    return Picture.of(size, size, channels, bytes([value]) * (size * size * channels))


def shallow(channels: int) -> tuple[np.ndarray, Picture]:
    """8-bit samples (7, 9, channels), and their picture."""
    samples = np.random.default_rng(1).integers(0, 256, (7, 9, channels), dtype=np.uint8)
    return samples, Picture.of(9, 7, channels, samples.tobytes())


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_are_saved_and_read_in_tiff(tmp_path: Path, channels: int) -> None:
    samples, picture = deep(channels)
    notes = saving.save(picture, tmp_path / "out.tif")
    assert notes == ("Saved with 16 bits a sample, like the photo.",)
    assert (tifffile.imread(tmp_path / "out.tif") == samples).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_saved_and_read_unchanged(
    tmp_path: Path, channels: int, ending: str
) -> None:
    path = tmp_path / f"out.{ending}"
    samples, picture = deep(channels)
    saving.save(picture, path)
    again = reading.load(path)
    assert (again.picture.dtype, again.kept.bits, again.notes) == ("f32", 16, ())
    floats = np.frombuffer(again.picture.data, "<f4").reshape(samples.shape)
    assert (np.rint(floats * 65535) == samples).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_eight_bits_stay_eight_bits(tmp_path: Path, channels: int, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    samples, picture = shallow(channels)
    saving.save(picture, path)
    with Image.open(path) as made:
        assert (np.asarray(made) == samples).all()
    assert reading.load(path).picture == picture


@pytest.mark.parametrize(("ending", "name"), [("jpg", "JPEG"), ("webp", "WebP")])
def test_the_loss_of_sixteen_bits_is_noted(tmp_path: Path, ending: str, name: str) -> None:
    (note,) = saving.save(deep(3)[1], tmp_path / f"out.{ending}")
    assert note.startswith(f"{name} has 8 bits a sample")


def test_transparent_parts_become_white_in_jpeg_at_either_depth(tmp_path: Path) -> None:
    half = np.full((24, 24, 4), (0, 0, 0, 128), np.uint8)
    floats = (half / np.float32(255)).astype("<f4")
    for picture in (
        Picture.of(24, 24, 4, half.tobytes()),
        Picture.of(24, 24, 4, floats.tobytes(), "f32"),
    ):
        notes = saving.save(picture, tmp_path / "out.jpg")
        assert "JPEG has no transparency: transparent parts became white." in notes
        with Image.open(tmp_path / "out.jpg") as made:
            assert abs(made.getpixel((12, 12))[0] - 127) <= 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_kept_metadata_is_read_again(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    saving.save(flat(3), path, KEPT)
    kept = reading.load(path).kept
    assert (kept.date, kept.artist, kept.copyright) == (KEPT.date, KEPT.artist, KEPT.copyright)
    assert kept.resolution == pytest.approx(KEPT.resolution, abs=0.02)


@pytest.mark.parametrize("ending", ENDINGS)
def test_pillow_reads_it_and_finds_no_orientation(tmp_path: Path, ending: str) -> None:
    saving.save(flat(3), tmp_path / f"out.{ending}", KEPT)
    with Image.open(tmp_path / f"out.{ending}") as made:
        tags = made.getexif()
        assert (tags[305], tags[306]) == ("Neural Style for GIMP", KEPT.date)
        assert tags.get(274, 1) == 1
        if ending != "webp":
            assert made.info["dpi"] == pytest.approx(KEPT.resolution, abs=0.02)
        else:
            assert (tags[282], tags[283], tags[296]) == (300, 150, 2)
        if ending != "tif":
            assert tags.get_ifd(34665)[36867] == KEPT.date


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_picture_gives_the_same_bytes_marked_as_srgb(tmp_path: Path, ending: str) -> None:
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    for path in (one, two):
        assert saving.save(flat(4), path)[1:] == ()
    assert one.read_bytes() == two.read_bytes()
    with Image.open(one) as made:
        assert made.info["icc_profile"] == srgb_profile()
    assert len(srgb_profile()) < 1000
    assert reading.load(one).kept.profile is None


def test_the_chunks_of_a_png_are_in_order() -> None:
    samples = np.zeros((2, 2, 3), np.uint8)
    data = _png(Encodable(samples, srgb_profile(), True, KEPT))
    places = [data.index(kind) for kind in (b"IHDR", b"iCCP", b"pHYs", b"eXIf", b"IDAT", b"IEND")]
    assert places == sorted(places)


def test_a_picture_too_large_for_its_format_gives_an_error(tmp_path: Path) -> None:
    wide = Picture.of(16_384, 1, 3, bytes(16_384 * 3))
    with pytest.raises(StorageError, match="at most 16383 pixels on a side"):
        saving.save(wide, tmp_path / "out.webp")
    assert list(tmp_path.iterdir()) == []


def test_grey_is_saved_as_rgb(tmp_path: Path) -> None:
    saving.save(flat(1), tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as made:
        assert (made.mode, made.getpixel((0, 0))) == ("RGB", (90, 90, 90))


def test_the_small_profile_equals_pillows_own() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert srgb_profile()[128:] == made[128:]
