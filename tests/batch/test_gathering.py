"""What is painted when files and folders are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neural_style.batch.gathering import gather
from neural_style_protocol.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    for name in ("b.JPG", "a.png", "c.tiff", ".hidden.png", "notes.txt", "raw.cr2"):
        (made / name).touch()
    (made / "below").mkdir()
    (made / "below" / "d.png").touch()
    return made


def nothing(path: Path) -> bool:
    return False


def test_a_folder_stands_for_its_pictures(folder: Path) -> None:
    found = gather([folder], [], nothing)
    assert [path.name for path in found.contents] == ["a.png", "b.JPG", "c.tiff"]
    assert found.notes == (f"{folder}: 2 files are no PNG, JPEG, TIFF or WebP picture: left out.",)


def test_a_file_is_taken_whatever_its_name(folder: Path) -> None:
    found = gather([folder / "raw.cr2", folder / "a.png"], [], nothing)
    assert ([path.name for path in found.contents], found.notes) == (["raw.cr2", "a.png"], ())


def test_what_is_named_twice_is_painted_once(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(folder / "a.png")
    found = gather([link, folder, folder / "a.png"], [], nothing)
    assert [path.name for path in found.contents] == ["link.png", "b.JPG", "c.tiff"]


def test_a_style_and_an_own_output_in_the_folder_are_left_out(folder: Path) -> None:
    found = gather([folder], [folder / "a.png"], lambda path: path.name == "b.JPG")
    assert [path.name for path in found.contents] == ["c.tiff"]
    assert "2 files are a style or an output of this batch" in found.notes[-1]
    named = gather([folder / "a.png"], [folder / "a.png"], nothing)
    assert [path.name for path in named.contents] == ["a.png"]


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no picture to paint"):
        gather([tmp_path], [], nothing)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InputError, match="cannot read again"):
        gather([tmp_path / "pipe.png"], [], nothing)


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def listdir(folder: Path) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", listdir)
    with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
        gather([tmp_path], [], nothing)
