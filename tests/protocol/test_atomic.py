"""A file is written whole or not at all, and belongs to its owner alone."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from systems import IS_WINDOWS, needs_modes


def test_the_parts_are_there_one_after_another(tmp_path: Path) -> None:
    atomic.write(tmp_path / "file", b"one, ", memoryview(b"two"))
    assert (tmp_path / "file").read_bytes() == b"one, two"


@needs_modes
def test_it_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    atomic.write(tmp_path / "file", b"mine")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_until_it_is_whole_the_old_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic.write(path, b"old")
    with atomic.replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        (other,) = (found for found in tmp_path.iterdir() if found != path)
        assert other.name.startswith(atomic.UNFINISHED)
        assert IS_WINDOWS or stat.S_IMODE(other.stat().st_mode) == 0o600
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path: Path, problem: type[BaseException], folder: Path | None = None) -> None:
    with atomic.replacing(path, folder=folder) as file:
        file.write(b"half")
        raise problem


@pytest.mark.parametrize("problem", [KeyboardInterrupt, ValueError, MemoryError])
def test_what_is_interrupted_leaves_the_old_one_and_no_litter(
    tmp_path: Path, problem: type[BaseException]
) -> None:
    path = tmp_path / "file"
    atomic.write(path, b"old")
    with pytest.raises(problem):
        write_half(path, problem)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_leaves_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else is removed."""
    path, folder = tmp_path / "file", tmp_path / "folder"
    folder.mkdir()
    names = [".neural-style-video.json", ".neural-style", ".hidden", "file"]
    for name in names:
        (folder / name).touch()
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", lambda *arguments, **named: None)
        with pytest.raises(MemoryError):
            write_half(path, MemoryError, folder)
    assert list(tmp_path.iterdir()) == [folder]
    assert len(list(folder.iterdir())) == len(names) + 1
    atomic.clear(folder)
    assert sorted(found.name for found in folder.iterdir()) == sorted(names)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "none" / "file"):
        with pytest.raises(StorageError, match=f"^{re.escape(str(path))} cannot be written"):
            atomic.write(path, b"new")
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("durable", [True, False])
def test_only_a_forced_one_waits_for_the_disk_before_it_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    path, seen = tmp_path / "file", []

    def fsync(handle: int) -> None:
        seen.append((os.fstat(handle).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    atomic.write(path, b"12345", durable=durable)
    assert seen == ([(5, False)] if durable else [])
