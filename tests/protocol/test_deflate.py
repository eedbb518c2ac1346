"""Pixels made smaller and back, and never more than a chunk."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol.deflate import deflated, inflated
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.pixels import CHUNK_BYTES


@given(st.binary(min_size=1, max_size=50), st.integers(10, 2_000))
def test_what_was_made_smaller_comes_back(data: bytes, times: int) -> None:
    small = deflated(data * times)
    assert small is None or inflated(small) == data * times


def test_noise_is_sent_as_it_is() -> None:
    assert deflated(os.urandom(10_000)) is None


def test_a_whole_chunk_is_allowed_and_one_byte_more_is_not() -> None:
    assert len(inflated(zlib.compress(bytes(CHUNK_BYTES)))) == CHUNK_BYTES
    for size in (CHUNK_BYTES + 1, 200 * CHUNK_BYTES):
        with pytest.raises(ProtocolError):
            inflated(zlib.compress(bytes(size)))


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        inflated(b"no" + data)


def test_a_part_is_not_the_whole() -> None:
    whole = zlib.compress(bytes(1_000))
    for wrong in (whole[:-1], whole + b"x", b""):
        with pytest.raises(ProtocolError):
            inflated(wrong)
