"""A home of its own, with the stand-in daemon, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script


@pytest.fixture
def link(request: pytest.FixtureRequest) -> str:
    """How clients are connected; see :mod:`service.links`."""
    return str(getattr(request, "param", "direct"))


@pytest.fixture
def daemon(tmp_path: Path, link: str) -> Iterator[StandinDaemon]:
    """Not yet started; ``client()`` starts it."""
    made = StandinDaemon(Home(tmp_path), link)
    yield made
    made.end()


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinDaemon]:
    """One for all tests of a file, none of which may harm it."""
    made = StandinDaemon(Home(tmp_path_factory.mktemp("home")))
    yield made
    made.end()


@pytest.fixture
def slow_job(daemon: StandinDaemon) -> StandinDaemon:
    """Jobs take some seconds, and end."""
    Script(steps=400, seconds_per_step=0.01).write(daemon.home.root)
    return daemon


@pytest.fixture
def endless_job(daemon: StandinDaemon) -> StandinDaemon:
    """Jobs go on until they are stopped, however long that takes on a busy machine."""
    Script(endless=True, seconds_per_step=0.01).write(daemon.home.root)
    return daemon
