"""The real worker under a limit on its memory: a sentence, and the daemon lives on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from neural_style import weights
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIDE = 64
LESS = 32_000_000
"""Bytes below what the idle worker has. Before it computes, it gives back more than that; what it
then may take is less than the leanest way to compute needs."""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Of a daemon whose worker is ready, and which is ended at last."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    home = Home(tmp_path)
    weights.ensure(home.weights)
    with connect_or_start(home, (sys.executable, "-m", "neural_style")) as made:
        while made.status().state == "loading":
            made.wait(0.1)
        yield made
        made.shut_down()
        made.wait(5.0)


def paint(client: Client) -> events.Finished | events.Failed:
    picture = Picture.of(SIDE, SIDE, 3, bytes(range(256)) * (SIDE * SIDE * 3 // 256))
    client.submit(picture, [(picture, 1.0)], Settings(preset="draft", iterations=1))
    while True:
        for event in client.wait(1.0):
            assert not isinstance(event, events.Disconnected), event.error
            if isinstance(event, (events.Finished, events.Failed)):
                return event


def test_a_picture_that_does_not_fit_is_refused_and_the_next_is_painted(client: Client) -> None:
    before = client.status()
    worker = psutil.Process(before.worker_pid)
    unlimited = worker.rlimit(psutil.RLIMIT_AS)
    worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms - LESS, unlimited[1]))
    failed = paint(client)
    assert isinstance(failed, events.Failed)
    assert failed.error.code == "worker"
    assert "not enough memory" in failed.error.sentence
    assert "smaller size" in failed.error.next_step
    worker.rlimit(psutil.RLIMIT_AS, unlimited)
    assert isinstance(paint(client), events.Finished)
    assert (client.daemon.pid, client.status().worker_pid) == (before.pid, before.worker_pid)
