"""The locks, with those of Windows pretended."""

from __future__ import annotations

from pathlib import Path

import pytest

from neural_style_protocol import daemon_lock
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.file_lock import FAR, LOCKS, Locks, PosixLocks, WindowsLocks
from neural_style_protocol.paths import Home
from platforms.pretended import Msvcrt


@pytest.fixture(params=["posix", "windows"])
def locks(request: pytest.FixtureRequest) -> Locks:
    return LOCKS if request.param == "posix" else WindowsLocks(Msvcrt())


def test_a_file_has_one_holder_until_it_is_closed(tmp_path: Path, locks: Locks) -> None:
    with (tmp_path / "lock").open("a+") as second:
        with (tmp_path / "lock").open("a+") as first:
            assert locks.acquire(first)
            assert not locks.acquire(second)
            assert not locks.acquire(second, shared=True)
        assert locks.acquire(second)


def test_the_daemons_lock_is_held_once_and_tells_its_holder(tmp_path: Path, locks: Locks) -> None:
    home = Home(tmp_path)
    home.make_private_folder(home.run)
    assert not daemon_lock.is_held(home, locks)
    with daemon_lock.held(home, locks):
        assert daemon_lock.is_held(home, locks)
        assert daemon_lock.holder(home, locks) is not None
        with pytest.raises(DaemonError, match="already running"), daemon_lock.held(home, locks):
            pass
    assert not daemon_lock.is_held(home, locks)
    assert daemon_lock.holder(home, locks) is None


def test_on_windows_the_locked_byte_lies_behind_what_others_read(tmp_path: Path) -> None:
    msvcrt = Msvcrt()
    with (tmp_path / "lock").open("a+") as file:
        file.write("77")
        assert WindowsLocks(msvcrt).acquire(file)
        file.write("7")
    assert (tmp_path / "lock").read_text() == "777"
    assert msvcrt.places == [FAR]


def test_here_the_locks_are_those_of_posix() -> None:
    assert isinstance(LOCKS, PosixLocks)
