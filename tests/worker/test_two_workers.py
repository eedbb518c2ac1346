"""Two real workers on the processor paint side by side, and outlive each other."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pictures
from neural_style import weights
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

COMMAND = (sys.executable, "-m", "neural_style")
SETTINGS = Settings.from_dict(
    {
        "preset": "standard",
        "iterations": 80,
        "size": 64,
        "device": "cpu",
        "seed": 4,
        # At a low strength another rounding hardly changes the picture.
        "strength": 25.0,
    }
)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of a daemon with two real workers, which ends with the test."""
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("NEURAL_STYLE_WORKERS", "2")
    home = Home(tmp_path)
    weights.ensure(home.weights)
    with connect_or_start(home, COMMAND) as made:
        yield made
        made.shut_down()


def sent(name: str) -> Picture:
    samples = (pictures.tensor(name, 64) * 255).round().byte().permute(1, 2, 0)
    height, width, channels = samples.shape
    return Picture.of(width, height, channels, samples.contiguous().numpy().tobytes())


def paint_two(client: Client, *, kill_first: bool) -> tuple[dict[str, int], list[Picture]]:
    """Paint two pictures side by side; the worker of each, and the pictures."""
    style = [(sent("strokes"), 1.0)]
    jobs = [client.submit(sent(name), style, SETTINGS) for name in ("china", "flower")]
    workers: dict[str, int] = {}
    done: dict[str, Picture] = {}
    while len(done) < 2:
        for event in client.wait(0.02):
            assert not isinstance(event, (events.Failed, events.Disconnected)), event
            if isinstance(event, events.Finished):
                assert event.ending != "stopped"
                done[event.job] = event.picture
        now = client.status()
        workers = {job: it.pid for it in now.workers for job in it.jobs} | workers
        has_begun = any(line.job == jobs[0] and line.step >= 5 for line in now.jobs)
        if kill_first and has_begun and len(workers) == 2:
            os.kill(workers[jobs[0]], signal.SIGKILL)
            kill_first = False
    assert not kill_first
    return workers, [done[job] for job in jobs]


def test_two_pictures_side_by_side_and_one_worker_killed(client: Client) -> None:
    paint_two(client, kill_first=False)  # so that both workers are loaded
    undisturbed, alone = paint_two(client, kill_first=False)
    assert len(set(undisturbed.values())) == 2
    now = client.status()
    assert [(it.state, it.device) for it in now.workers] == [("ready", "CPU, 1 threads")] * 2
    disturbed, again = paint_two(client, kill_first=True)
    assert set(disturbed.values()) == set(undisturbed.values())
    pids = {worker.pid for worker in client.status().workers}
    assert len(pids & set(disturbed.values())) == 1, "the other worker goes on"
    assert again[1] == alone[1]
    # The next worker uses less memory, so that each step is rounded in another way.
    samples = [np.frombuffer(it.data, np.uint8).astype(float) for it in (alone[0], again[0])]
    assert np.abs(samples[0] - samples[1]).mean() < 8.0
