"""The painted picture is converted to the photo's colour profile."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from neural_style.picture_files import reading, saving
from neural_style.picture_files.loaded import KeptMetadata
from neural_style.picture_files.result_colours import (
    HOLDS_LESS,
    UNWRITABLE,
    in_profile,
    srgb_profile,
)
from neural_style_protocol.pixels import Picture

ADOBE_PRIMARIES = [0.64, 0.33, 1.0, 0.21, 0.71, 1.0, 0.15, 0.06, 1.0]
SMALL_PRIMARIES = [0.5, 0.33, 1.0, 0.3, 0.5, 1.0, 0.2, 0.15, 1.0]


def profile(primaries: list[float]) -> bytes:
    """A profile with the white point D65 and a gamma of 2.2."""
    white = [0.3127, 0.3290, 1.0]
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=2.2))


WIDE, SMALL = profile(ADOBE_PRIMARIES), profile(SMALL_PRIMARIES)


def every_colour() -> np.ndarray:
    steps = np.linspace(0, 255, 18).astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), -1).reshape(54, 108, 3)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_photo_with_a_wide_profile_is_the_same_within_one_level(
    tmp_path: Path, ending: str
) -> None:
    colours = in_profile(every_colour(), WIDE).colours  # all colours of sRGB
    Image.fromarray(colours).save(tmp_path / "in.png", icc_profile=WIDE)
    photo = reading.load(tmp_path / "in.png")
    path = tmp_path / f"out.{ending}"
    assert saving.save(photo.picture, path, photo.kept) == ()
    with Image.open(path) as made:
        assert made.info["icc_profile"] == WIDE
        assert np.abs(np.asarray(made).astype(int) - colours).max() <= 1
    # The numbers in the file are not those of sRGB: this red is not the profile's own.
    stored = in_profile(np.array([[[255, 0, 0]]], np.uint8), WIDE).colours
    assert 200 < stored[0, 0, 0] < 230


def test_sixteen_bits_are_converted_to_a_profile_in_sixteen(tmp_path: Path) -> None:
    colours = np.linspace(0.1, 0.9, 3000, dtype="<f4").reshape(20, 50, 3)
    saving.save(
        Picture.of(50, 20, 3, colours.tobytes(), "f32"),
        tmp_path / "o.png",
        KeptMetadata(profile=WIDE),
    )
    again = reading.load(tmp_path / "o.png").picture
    read = np.frombuffer(again.data, "<f4").reshape(colours.shape)
    assert np.abs(read - colours).max() < 0.1 / 255


def test_colours_stay_in_srgb_if_the_profile_is_smaller() -> None:
    colours = every_colour()
    result = in_profile(colours, SMALL)
    assert (result.profile, result.notes, result.is_srgb) == (srgb_profile(), (HOLDS_LESS,), True)
    assert (result.colours == colours).all()


@pytest.mark.parametrize("broken", [b"", b"no profile", WIDE[:200]])
def test_colours_stay_in_srgb_if_the_profile_is_broken(broken: bytes) -> None:
    result = in_profile(every_colour(), broken)
    assert (result.profile, result.notes) == (srgb_profile(), (UNWRITABLE,))


def test_without_a_profile_the_samples_are_unchanged() -> None:
    colours = every_colour()
    result = in_profile(colours, None)
    assert result.colours is colours
    assert (result.profile, result.notes, result.is_srgb) == (srgb_profile(), (), True)
