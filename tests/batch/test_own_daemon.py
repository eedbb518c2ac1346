"""A daemon for one command alone, beside that of the user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from neural_style import weights
from neural_style.batch.own_daemon import own_daemon
from neural_style_protocol.paths import Home
from service.standin_daemon import COMMAND, StandinDaemon, paint, wait_until


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandinDaemon]:
    """The user's own, whose weights are there."""
    home = Home(tmp_path)
    home.weights.mkdir()
    home.machine.write_text("{}", encoding="utf-8")
    monkeypatch.setattr(weights, "ensure", lambda folder, name: folder / name)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    made = StandinDaemon(home)
    made.start()
    yield made
    made.end()


def test_it_paints_beside_the_users_and_leaves_nothing(daemon: StandinDaemon) -> None:
    with daemon.client() as users:
        with own_daemon(daemon.home, COMMAND, weights_name="quantised", name="test") as client:
            own = client.daemon.pid
            paint(client)
            (folder,) = (Path(psutil.Process(own).cwd()),)
            assert (folder / "weights").resolve() == daemon.home.weights.resolve()
            assert (folder / "machine.json").read_text(encoding="utf-8") == "{}"
            assert own != users.daemon.pid
            assert users.jobs() == []
        wait_until(lambda: not psutil.pid_exists(own))
        assert not folder.exists()
        assert daemon.home.weights.is_dir()
        paint(users)


def test_two_of_one_home(daemon: StandinDaemon) -> None:
    with (
        own_daemon(daemon.home, COMMAND, weights_name="quantised", name="one") as one,
        own_daemon(daemon.home, COMMAND, weights_name="quantised", name="two") as two,
    ):
        assert one.daemon.pid != two.daemon.pid
        paint(one)
        paint(two)


def test_it_ends_soon_if_its_command_is_killed(daemon: StandinDaemon) -> None:
    with own_daemon(daemon.home, COMMAND, weights_name="quantised", name="test") as client:
        environment = psutil.Process(client.daemon.pid).environ()
        assert environment["NEURAL_STYLE_EXIT_AFTER"] == "1"


def test_where_there_are_no_links_the_weights_are_copied(
    daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def symlink_to(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    (daemon.home.weights / "file").write_bytes(b"weights")
    monkeypatch.setattr(Path, "symlink_to", symlink_to)
    with own_daemon(daemon.home, COMMAND, weights_name="quantised", name="test") as client:
        folder = Path(psutil.Process(client.daemon.pid).cwd())
        assert not (folder / "weights").is_symlink()
        assert (folder / "weights" / "file").read_bytes() == b"weights"
