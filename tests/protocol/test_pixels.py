"""Pictures, their chunks, and their way through uploads and downloads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol import events
from neural_style_protocol.daemon_messages import Preview
from neural_style_protocol.errors import InputError, ProtocolError
from neural_style_protocol.pixels import (
    CHUNK_BYTES,
    MAX_PIXELS,
    WINDOW_CHUNKS,
    Assembly,
    Picture,
    PictureSpec,
)
from neural_style_protocol.transfers import Download, Uploads


def large(chunks: int, extra: int = 5) -> Picture:
    """A picture of so many whole chunks and some bytes; one row of RGB in float or bytes."""
    height = 1024
    width = chunks * (CHUNK_BYTES // 1024 // 4) + extra
    return Picture.of(width, height, 4, bytes(range(256)) * (width * height * 4 // 256))


@pytest.mark.parametrize(("dtype", "size"), [("u8", 1), ("f32", 4)])
def test_the_bytes_of_a_picture_are_counted(dtype: str, size: int) -> None:
    assert PictureSpec(7, 5, 3, dtype).byte_count == 7 * 5 * 3 * size


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 5)])
def test_a_picture_has_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="no pixels"):
        PictureSpec(*size, 3)


@pytest.mark.parametrize("size", [(65_536, 1), (1, 65_536), (MAX_PIXELS // 1000 + 1, 1000)])
def test_a_picture_has_not_too_many(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="too large"):
        PictureSpec(*size, 3)


def test_a_picture_has_all_its_bytes() -> None:
    with pytest.raises(ProtocolError, match="12 bytes came with 11"):
        Picture.of(2, 2, 3, bytes(11))


@given(st.binary(min_size=1, max_size=200), st.integers(1, 50))
def test_an_assembly_takes_chunks_in_order(data: bytes, step: int) -> None:
    assembly = Assembly(PictureSpec(len(data), 1, 1))
    for offset in range(0, len(data), step):
        assert not assembly.complete
        assembly.add(offset, data[offset : offset + step])
    assert assembly.complete
    assert assembly.picture().data == data


@pytest.mark.parametrize(
    ("offset", "size"), [(0, 1), (3, 1), (1, 0), (1, 100), (2, CHUNK_BYTES + 1), (-1, 1)]
)
def test_an_assembly_refuses_what_does_not_fit(offset: int, size: int) -> None:
    assembly = Assembly(PictureSpec(10, 1, 1))
    assembly.add(0, b"xy")
    with pytest.raises(ProtocolError):
        assembly.add(offset, bytes(size))
    assert assembly.received == 2


def test_uploads_are_paced_and_complete() -> None:
    pictures = [large(6), Picture.of(2, 2, 3, bytes(12))]
    uploads = Uploads("job", pictures)
    assemblies = [Assembly(picture.spec) for picture in pictures]
    under_way = uploads.next_chunks()
    while under_way:
        assert len(under_way) <= WINDOW_CHUNKS
        assert uploads.unanswered <= WINDOW_CHUNKS
        upload, chunk = under_way.pop(0)
        assemblies[upload.image].add(upload.offset, chunk)
        uploads.acknowledge()
        under_way += uploads.next_chunks()
    assert uploads.unanswered == 0
    assert [assembly.picture() for assembly in assemblies] == pictures


def test_a_download_asks_ahead_but_not_far() -> None:
    picture = large(9)
    download = Download(Preview("job", 3, 1, picture.spec))
    requests = download.next_requests()
    most = len(requests)
    received = None
    while requests:
        request = requests.pop(0)
        received = download.add(request.offset, picture.chunk(request.offset))
        requests += download.next_requests()
        most = max(most, len(requests))
    assert received == events.Preview("job", 1, picture)
    assert most == WINDOW_CHUNKS
