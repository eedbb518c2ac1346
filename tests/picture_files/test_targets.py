"""Paths that cannot be written are found before the work, and the check changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neural_style.picture_files import limits, targets
from neural_style_protocol.errors import InputError, StorageError


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/null")


def loop(path: Path) -> None:
    path.symlink_to(path)


def nowhere(path: Path) -> None:
    path.symlink_to("no/such/folder.png")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (folder, "it is a folder"),
        (pipe, "a device or a pipe"),
        (device, "a device or a pipe"),
        (loop, "a link that leads back to itself"),
        (nowhere, "is a link to .*, and there is no folder .*no/such"),
    ],
)
def test_paths_that_are_not_files(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "out.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(StorageError, match=words):
        targets.check_writable(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/out.png", "There is no folder .*none"),
        ("file/out.png", "There is no folder .*: .*file is a file"),
        ("file/deeper/out.png", "There is no folder .*: .*file is a file"),
        ("n" * 252 + ".png", "name is too long"),
    ],
)
def test_a_path_that_leads_nowhere(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=words):
        targets.check_writable(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("place", ["/proc", "/sys"])
def test_a_folder_that_is_not_writable(place: str) -> None:
    with pytest.raises(StorageError, match=f"{place}/neural-style.png cannot be written"):
        targets.check_writable(Path(place) / "neural-style.png")


def test_checking_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    os.utime(path, (1, 1))
    link = tmp_path / "link.png"
    link.symlink_to("made.png")
    for target in (path, link, tmp_path / ("n" * 251 + ".png")):
        targets.check_writable(target)
    assert (path.read_bytes(), path.stat().st_mtime) == (b"old", 1)
    assert {found.name for found in tmp_path.iterdir()} == {"out.png", "link.png"}


@pytest.mark.parametrize("target", ["protected/out.png", "protected.png"])
def test_paths_without_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    real = os.open

    def refuse(path: object, flags: int, *rest: int) -> int:  # the superuser may write anything
        if flags & os.O_WRONLY:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *rest)  # type: ignore[arg-type]

    (tmp_path / "protected").mkdir()
    (tmp_path / "protected.png").write_bytes(b"old")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageError, match="permission denied"):
        targets.check_writable(tmp_path / target)


def test_a_disk_without_any_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(os.statvfs(tmp_path))
    values[3] = values[4] = 0
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result(values))
    with pytest.raises(StorageError, match="no space left"):
        targets.check_writable(tmp_path / "out.png")


@pytest.mark.parametrize(
    ("name", "longest"),
    [("a.webp", 16_383), ("a.jpg", 65_500), ("a.jfif", 65_500), ("a.png", 65_535)],
)
def test_the_limits_of_the_formats(name: str, longest: int) -> None:
    limits.check_size(Path(name), longest, 1)
    limits.check_size(Path(name), 1, longest)
    for size in ((longest + 1, 1), (1, longest + 1)):
        with pytest.raises(InputError, match=f"at most {longest} pixels on a side"):
            limits.check_size(Path(name), *size)
