"""A file is written at its real path, keeps its permissions, and is never incomplete."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from neural_style.picture_files.file_writing import write
from neural_style_protocol.errors import StorageError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def cannot_replace(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def replace(source: object, target: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", replace)


def test_the_umask_sets_the_mode_of_a_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", b"picture")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "new"), (tmp_path / "new").read_bytes()) == (0o640, b"picture")


def test_the_target_of_a_link_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real, link, second = tmp_path / "folder" / "real", tmp_path / "link", tmp_path / "second"
    link.symlink_to("folder/real")
    second.symlink_to(link)
    for data in (b"made", b"replaced"):  # the target does not exist at first
        write(second, data)
        assert real.read_bytes() == data
    assert link.is_symlink()
    assert second.is_symlink()
    assert list(real.parent.iterdir()) == [real]


@pytest.mark.parametrize("wanted", [0o600, 0o664, 0o444])
def test_the_mode_is_kept(tmp_path: Path, wanted: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(wanted)
    write(path, b"new")
    assert (mode(path), path.read_bytes()) == (wanted, b"new")


def test_extended_attributes_stay(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.stars", b"5")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    write(path, b"new")
    assert os.getxattr(path, "user.stars") == b"5"


def test_other_hard_links_keep_the_old_picture(tmp_path: Path) -> None:
    path, backup = tmp_path / "file", tmp_path / "backup"
    path.write_bytes(b"old")
    os.link(path, backup)
    write(path, b"new")
    assert (path.read_bytes(), backup.read_bytes()) == (b"new", b"old")


@pytest.mark.parametrize("data", [b"a longer one", b"s", b""])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY])
def test_a_file_that_cannot_be_replaced_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, data: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old one")
    inode = path.stat().st_ino
    cannot_replace(monkeypatch, number)
    write(path, data)
    assert (path.read_bytes(), path.stat().st_ino) == (data, inode)
    assert list(tmp_path.iterdir()) == [path]


def test_the_owner_of_the_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    inode = path.stat().st_ino
    real = os.fstat

    def fstat(handle: int) -> os.stat_result:  # the new file would have another owner
        values = list(real(handle))
        values[4] += 1
        return os.stat_result(values)

    def fchown(handle: int, user: int, group: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(os, "fchown", fchown)
    write(path, b"new")
    assert (path.read_bytes(), path.stat().st_ino) == (b"new", inode)


def full(handle: int, *arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("fails", ["posix_fallocate", "fsync"])
def test_a_failed_write_in_place_leaves_the_old_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old one")
    cannot_replace(monkeypatch, errno.EBUSY)
    real = os.fsync
    calls: list[int] = []

    def second_time(handle: int, *arguments: object) -> None:
        calls.append(handle)
        if len(calls) == (1 if fails == "posix_fallocate" else 2):
            full(handle)
        real(handle)

    monkeypatch.setattr(os, fails, second_time)
    with pytest.raises(StorageError, match="No space left"):
        write(path, b"a new and longer one")
    assert path.read_bytes() == b"old one"


def test_a_full_disk_leaves_the_old_picture_and_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    for target in (path, tmp_path / "new"):
        with pytest.raises(StorageError, match="No space left"):
            write(target, b"picture")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".png")
    for data in (b"new", b"again"):
        write(path, data)
        assert path.read_bytes() == data
