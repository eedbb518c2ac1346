"""Files and folders on other systems."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from neural_style.cli.weights import let_go_of_weights
from neural_style.doctor.privacy import check_privacy
from neural_style.picture_files.file_writing import copy_protection, write_in_place
from neural_style_protocol import atomic
from neural_style_protocol.paths import Home, usual_root
from neural_style_protocol.private_folder import close_to_others
from platforms.pretended import held_by_a_scanner

PLAIN = SimpleNamespace(stat=os.stat, fstat=os.fstat)
"""A module os without what only some systems have."""


def test_a_file_that_a_scanner_holds_is_replaced_a_little_later(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_bytes(b"new")
    old.write_bytes(b"old")
    atomic.replace(new, old, patience=60, move=held_by_a_scanner(times=3))
    assert old.read_bytes() == b"new"
    assert not new.exists()


def test_a_file_that_stays_held_is_an_error_and_the_old_one_stays(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_bytes(b"new")
    old.write_bytes(b"old")
    with pytest.raises(PermissionError):
        atomic.replace(new, old, patience=0.1, move=held_by_a_scanner(times=1000))
    assert old.read_bytes() == b"old"


def test_here_nothing_is_tried_twice() -> None:
    assert atomic.PATIENCE_SECONDS == 0


def test_on_windows_the_worker_lets_go_of_weights_before_they_are_replaced(tmp_path: Path) -> None:
    stopped: list[Home] = []
    home = Home(tmp_path)
    let_go_of_weights(home, "linux", stopped.append)
    assert stopped == []
    let_go_of_weights(home, "win32", stopped.append)
    assert stopped == [home]


def test_a_system_without_owners_and_modes_still_replaces_a_picture(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    old.chmod(0o644)
    with new.open("xb") as file:
        copy_protection(file.fileno(), old, PLAIN)
        before = os.fstat(file.fileno()).st_mode
        copy_protection(file.fileno(), old)
        assert os.fstat(file.fileno()).st_mode & 0o777 == 0o644
    assert before is not None


@pytest.mark.parametrize("data", [b"", b"longer than the old one", b"s"])
def test_a_system_that_cannot_set_space_aside_still_writes_in_place(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(b"the old one")
    write_in_place(path, data, PLAIN)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", "/u/.local/share/neural-style"),
        ("darwin", "/u/Library/Application Support/neural-style"),
        ("win32", "/u/AppData/Local/neural-style"),
    ],
)
def test_each_system_has_its_usual_place(system: str, place: str) -> None:
    assert usual_root(Path("/u"), system=system, environment={}) == Path(place)


def test_windows_says_where_local_files_are() -> None:
    moved = {"LOCALAPPDATA": "/d/Lokal"}
    assert usual_root(Path("/u"), system="win32", environment=moved) == Path(
        "/d/Lokal/neural-style"
    )


def test_on_windows_a_folder_outside_the_users_own_is_closed(tmp_path: Path) -> None:
    commands: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> int:
        commands.append(command)
        return len(commands) - 1

    user = {"USERPROFILE": "/u/ann", "USERDOMAIN": "HOUSE", "USERNAME": "ann"}
    inside = Path("/u/ann/AppData/Local/neural-style/run")
    close_to_others(inside, system="win32", environment=user, run=run)
    assert commands == []
    close_to_others(tmp_path, system="win32", environment=user, run=run)
    assert commands == [
        ["icacls", str(tmp_path), "/inheritance:r", "/grant:r", "HOUSE\\ann:(OI)(CI)F"]
    ]
    with pytest.raises(PermissionError):
        close_to_others(tmp_path, system="win32", environment=user, run=run)


@pytest.mark.parametrize(
    ("rights", "level"),
    [
        ("run\nD:P(A;OICI;FA;;;S-1-5-21-1-2-3-1001)", "ok"),
        ("run\nD:AI(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)", "problem"),
        ("run\nD:(A;;FA;;;WD)", "problem"),
    ],
)
def test_on_windows_the_doctor_looks_at_rights_and_not_at_modes(
    tmp_path: Path, rights: str, level: str
) -> None:
    home = Home(tmp_path)
    home.run.mkdir(mode=0o777)
    home.connection_file.touch(mode=0o666)
    (finding,) = check_privacy(home, system="win32", rights=lambda path: rights)
    assert finding.level == level
    assert (finding.fix is not None) == (level == "problem")
