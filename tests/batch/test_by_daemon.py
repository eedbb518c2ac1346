"""A batch at a daemon whose queue is full waits for its turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from neural_style.batch.by_daemon import DaemonPainter
from neural_style.batch.order import Inputs, Order, Outcome
from neural_style.picture_files.loaded import NOTHING_KEPT
from neural_style_protocol import events
from neural_style_protocol.errors import BusyError
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, submit
from service.standin_worker import Script


class Watched:
    """Hears nothing."""

    def begun(self, order: Order, job: str) -> None: ...

    def heard(self, order: Order, event: events.Event) -> None: ...


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[StandinDaemon]:
    """Its pictures are painted until somebody stops them."""
    daemon = StandinDaemon(Home(tmp_path / "home"))
    daemon.home.root.mkdir()
    Script(endless=True, seconds_per_step=0.01).write(daemon.home.root)
    yield daemon
    daemon.end()


def order(content: Picture) -> Order:
    inputs = Inputs(content, NOTHING_KEPT, ((picture(5, 4, seed=9), 1.0),))
    return Order(0, Path("photo.png"), Path("out.png"), lambda: inputs)


def outcomes(daemon: StandinDaemon, content: Picture) -> list[Outcome]:
    with connect(daemon.home) as client:
        painter = DaemonPainter(client, Settings())
        return list(painter.paint([order(content)], Watched(), lambda: 0))


def test_it_waits_until_there_is_room(daemon: StandinDaemon) -> None:
    daemon.start(jobs_waiting=2)
    with daemon.client() as other:
        jobs = [submit(other), submit(other)]

        def make_room() -> None:
            Script().write(daemon.home.root)
            for job in jobs:
                other.cancel(job, keep=False)
                other.wait(0.1)

        later = threading.Timer(1.0, make_room)
        later.start()
        (outcome,) = outcomes(daemon, picture())
        later.join()
    assert outcome.error is None
    assert outcome.finished is not None


def test_a_picture_for_which_there_is_never_room_is_refused(daemon: StandinDaemon) -> None:
    daemon.start(pixel_bytes_waiting=1000)
    (outcome,) = outcomes(daemon, picture(100, 100))
    assert isinstance(outcome.error, BusyError)


def test_an_interruption_ends_the_waiting(daemon: StandinDaemon) -> None:
    daemon.start(jobs_waiting=1)
    asked: list[int] = []

    def interruptions() -> int:
        asked.append(0)
        return int(len(asked) > 20)

    with daemon.client() as other, connect(daemon.home) as client:
        job = submit(other)
        painter = DaemonPainter(client, Settings())
        assert not list(painter.paint([order(picture())], Watched(), interruptions))
        other.cancel(job, keep=False)
