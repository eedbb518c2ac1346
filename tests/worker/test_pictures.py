"""Pictures to tensors and back: alpha, floats, and what lies hidden under alpha."""

from __future__ import annotations

import itertools
import math
import struct

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from neural_style.worker.pictures import mask_of, picture_of, planes_of
from neural_style_protocol.pixels import Picture


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


@given(st.binary(min_size=24, max_size=24))
def test_opaque_bytes_come_back_as_they_were(data: bytes) -> None:
    picture = Picture.of(4, 2, 3, data)
    planes = planes_of(picture)
    assert planes.colour.shape == (3, 2, 4)
    assert planes.alpha is None
    assert picture_of(planes.colour, None, "u8") == picture


@given(st.lists(st.floats(0, 1, width=32), min_size=12, max_size=12))
def test_floats_come_back_as_they_were(values: list[float]) -> None:
    picture = Picture.of(2, 2, 3, floats(*values), "f32")
    back = picture_of(planes_of(picture).colour, None, "f32")
    assert struct.unpack("<12f", back.data) == pytest.approx(values)


def test_floats_out_of_range_and_no_numbers_are_brought_into_it() -> None:
    data = floats(math.nan, math.inf, -math.inf, -0.5, 1.5, 0.25)
    planes = planes_of(Picture.of(2, 1, 3, data, "f32"))
    assert planes.colour.permute(1, 2, 0).flatten().tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, 0.25]


def test_alpha_is_set_aside_and_put_back() -> None:
    data = bytes([10, 20, 30, 255, 40, 50, 60, 128])
    planes = planes_of(Picture.of(2, 1, 4, data))
    assert planes.alpha is not None
    assert planes.alpha.flatten().tolist() == pytest.approx([1.0, 128 / 255])
    assert picture_of(planes.colour, planes.alpha, "u8").data == data


def test_hidden_colours_do_not_leak() -> None:
    red, hidden_green = [200, 0, 0, 255], [0, 255, 0, 0]
    rows = [red] * 5 + [hidden_green] * 6 + [red] * 5
    planes = planes_of(Picture.of(4, 4, 4, bytes(itertools.chain(*rows))))
    assert planes.colour[0].min().item() == pytest.approx(200 / 255, abs=1e-5)
    assert planes.colour[1].max().item() < 1e-5


def test_what_is_hidden_takes_the_colours_around_it() -> None:
    left, hidden, right = [255, 0, 0, 255], [0, 255, 0, 0], [0, 0, 255, 255]
    planes = planes_of(Picture.of(3, 1, 4, bytes(left + hidden + right)))
    middle = planes.colour[:, 0, 1].tolist()
    assert middle[1] < 1e-5
    assert middle[0] > 0.05
    assert middle[2] > 0.05


def test_a_picture_that_is_all_hidden_is_grey() -> None:
    planes = planes_of(Picture.of(2, 2, 4, bytes([9, 99, 200, 0] * 4)))
    assert planes.colour.unique().tolist() == [0.5]


def test_colours_under_little_alpha_are_kept() -> None:
    planes = planes_of(Picture.of(2, 1, 4, bytes([100, 150, 200, 1, 1, 2, 3, 255])))
    assert planes.colour[:, 0, 0].mul(255).tolist() == pytest.approx([100, 150, 200], abs=0.6)


def test_alpha_is_scaled_to_another_size() -> None:
    alpha = torch.zeros(1, 8, 8)
    alpha[:, :, 4:] = 1
    made = picture_of(torch.zeros(3, 4, 4), alpha, "u8")
    assert (made.width, made.height, made.channels) == (4, 4, 4)
    assert list(made.data[3::4])[:4] == sorted(made.data[3::4][:4])
    assert made.data[3] < 30
    assert made.data[15] > 225


def test_a_mask_is_one_plane() -> None:
    assert mask_of(Picture.of(2, 1, 1, bytes([0, 255]))).tolist() == [[[0.0, 1.0]]]
