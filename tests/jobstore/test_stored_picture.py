"""Pictures on disk: whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import StoredPicture, store
from neural_style_protocol.errors import StorageError
from neural_style_protocol.pixels import Picture

PICTURE = Picture.of(3, 2, 3, bytes(range(18)))


def test_a_picture_and_what_was_said_of_it_come_back(tmp_path: Path) -> None:
    store(tmp_path / "p", PICTURE, {"step": 5})
    stored = StoredPicture.find(tmp_path / "p")
    assert stored is not None
    assert stored.picture() == PICTURE
    assert stored.header["step"] == 5
    assert stored.chunk(10) == PICTURE.data[10:]
    assert stored.chunk(18) == b""


def test_what_belongs_to_a_picture_comes_back_with_it(tmp_path: Path) -> None:
    path = tmp_path / "p"
    store(path, PICTURE, {}, [memoryview(b"abc"), memoryview(b"de")])
    stored = StoredPicture.find(path)
    assert stored is not None
    assert (stored.picture(), stored.extra()) == (PICTURE, b"abcde")
    assert stored.chunk(10) == PICTURE.data[10:]
    assert stored.chunk(18) == stored.chunk(20) == b""
    path.write_bytes(path.read_bytes()[:-1])
    assert StoredPicture.find(path) is None


def test_only_whole_files_are_pictures(tmp_path: Path) -> None:
    path = tmp_path / "p"
    store(path, PICTURE, {})
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert StoredPicture.find(path) is None, end
    path.write_bytes(whole + b"x")
    assert StoredPicture.find(path) is None
    assert StoredPicture.find(tmp_path / "none") is None
    assert StoredPicture.find(tmp_path) is None


@given(data=st.binary(max_size=300))
def test_any_bytes_are_no_picture(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    assert StoredPicture.find(path) is None


def test_a_failed_write_leaves_the_old_picture_and_no_litter(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        store(tmp_path / "folder", PICTURE, {})
    with pytest.raises(StorageError, match="cannot be written"):
        store(tmp_path / "none" / "p", PICTURE, {})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_job_without_one_of_its_pictures_says_so(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    folder.append(0, PICTURE.data[:9])
    with pytest.raises(StorageError, match="no longer on the disk"):
        folder.read_image(0, PICTURE.spec)
    folder.append(0, PICTURE.data[9:])
    assert folder.read_image(0, PICTURE.spec) == PICTURE
    with pytest.raises(StorageError, match="no longer on the disk"):
        folder.read_image(1, PICTURE.spec)
