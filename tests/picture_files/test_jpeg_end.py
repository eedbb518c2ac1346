"""A JPEG that lacks only its end marker is read; one that lacks pixels is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neural_style.picture_files import reading
from neural_style_protocol.errors import InputError
from picture_files import file_parts as parts

SHAPES: list[dict[str, Any]] = [
    {},
    {"progressive": True},
    {"restart_marker_blocks": 2},
    {"restart_marker_rows": 1},
    {"progressive": True, "restart_marker_blocks": 3},
    {"subsampling": 0},
    {"subsampling": 2},
]
MODES = ("L", "RGB", "CMYK")


def jpeg(mode: str, options: dict[str, Any]) -> bytes:
    samples = np.random.default_rng(8).integers(0, 256, (9, 11, 3), np.uint8)
    picture = Image.fromarray(samples).resize((75, 53), Image.Resampling.BICUBIC).convert(mode)
    return parts.saved(picture, "JPEG", **options)


def pixels(folder: Path, data: bytes) -> bytes | None:
    """The pixels; None if the file is refused as damaged."""
    path = folder / "photo.jpg"
    path.write_bytes(data)
    try:
        return reading.load(path).picture.data
    except InputError as error:
        return None if "photo.jpg is damaged or incomplete" in error.sentence else b"refused"


@pytest.mark.parametrize("options", SHAPES, ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_a_missing_end_marker_is_no_damage(
    tmp_path: Path, mode: str, options: dict[str, Any]
) -> None:
    whole = jpeg(mode, options)
    wanted = pixels(tmp_path, whole)
    assert wanted is not None
    assert whole.endswith(b"\xff\xd9")
    for ending in (b"", b"\xff", b"\0" * 700):
        assert pixels(tmp_path, whole[:-2] + ending) == wanted


@pytest.mark.parametrize("options", SHAPES, ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_pixels_are_missing(tmp_path: Path, mode: str, options: dict[str, Any]) -> None:
    whole = jpeg(mode, options)
    begin = whole.index(b"\xff\xda")
    cuts = [*np.linspace(begin, len(whole) - 12, 25).astype(int), 3, 20, begin + 4]
    assert [int(cut) for cut in cuts if pixels(tmp_path, whole[:cut]) is not None] == []


def test_restarts_are_counted(tmp_path: Path) -> None:
    whole = jpeg("RGB", {"restart_marker_blocks": 2})
    begin = whole.index(b"\xff\xda")
    marks = [
        i for i in range(begin, len(whole) - 1) if whole[i] == 255 and whole[i + 1] & 0xF8 == 0xD0
    ]
    assert len(marks) > 5
    assert [pixels(tmp_path, whole[:mark]) for mark in marks] == [None] * len(marks)


def test_data_after_the_end_is_ignored(tmp_path: Path) -> None:
    whole = jpeg("RGB", {})
    assert pixels(tmp_path, whole + whole[:100] + b"\xff\xda\0\0") == pixels(tmp_path, whole)


@pytest.mark.parametrize(("kind", "bits"), [(0xC3, 8), (0xC1, 12)])
def test_an_unsupported_kind_is_named(tmp_path: Path, kind: int, bits: int) -> None:
    whole = bytearray(jpeg("L", {}))
    place = whole.index(b"\xff\xc0")
    whole[place + 1], whole[place + 4] = kind, bits
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole)
    with pytest.raises(InputError, match="lossless JPEG, or one with more than 8 bits"):
        reading.load(path)
