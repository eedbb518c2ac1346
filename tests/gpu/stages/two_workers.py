"""Two workers on one card, one of which is killed or stopped in the middle of its picture."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gpu import card_daemon
from gpu.stages.stage import Bench, Found, picture
from neural_style import weights
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_messages import WorkerLine
from neural_style_protocol.errors import DaemonUnreachable
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import VARIABLE, Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

START_SECONDS = 120.0
STEPS_BEFORE = 3
"""Steps that a picture takes before its worker is lost."""
LARGEST_DIFFERENCE = 16.0
"""Grey levels, the mean over all samples, between a picture that was interrupted and one that was
not. The next worker uses less memory, so that each step is rounded in another way."""


@dataclass(frozen=True)
class _Round:
    """The pixels of two pictures that were painted at once, and the workers that had them."""

    pictures: tuple[bytes, bytes]
    workers: tuple[WorkerLine, WorkerLine]


def two_workers(bench: Bench) -> Found:
    """Two pictures at once, undisturbed; then again, with one worker killed, and one stopped."""
    if bench.pretended is not None and bench.pretended.kind == "mps":
        return Found({"skipped": "the pretended daemon has a CUDA card"})
    found = Found()
    with _daemon(bench) as client:
        _load_both(client, bench)
        alone = _paint_two(client, bench, None)
        found.must("they are two processes", alone.workers[0].pid != alone.workers[1].pid)
        found.values["on"] = [worker.device for worker in alone.workers]
        for number in (signal.SIGKILL, signal.SIGSTOP):
            _load_both(client, bench)
            again = _paint_two(client, bench, number)
            apart = [
                _difference(before, after)
                for before, after in zip(alone.pictures, again.pictures, strict=True)
            ]
            name = f"after {number.name}, grey levels"
            found.at_most(f"{name} of the picture of that worker", apart[0], LARGEST_DIFFERENCE)
            found.at_most(f"{name} of the other", apart[1], 0.0)
            left = [worker.pid for worker in client.status().workers]
            found.must(f"after {number.name} the other goes on", again.workers[1].pid in left)
            found.must(f"after {number.name} there is a new one", again.workers[0].pid not in left)
    return found


def _load_both(client: Client, bench: Bench) -> None:
    """Wait until both workers are loaded; the second one is started by a job that waits for it."""
    while True:
        now = client.status()
        states = {worker.state for worker in now.workers}
        if states == {"ready"}:
            return
        if "stopped" in states and not now.jobs:
            _submit_two(client, bench, 2)
        client.wait(0.1)


def _submit_two(client: Client, bench: Bench, iterations: int) -> list[str]:
    side = bench.sized(2048, 32)
    settings = Settings.from_dict({"preset": "standard", "size": side, "iterations": iterations})
    style = [(_sent(picture("strokes", bench.sized(400, 32))), 1.0)]
    return [
        client.submit(_sent(picture(name, side)), style, settings) for name in ("china", "flower")
    ]


def _paint_two(client: Client, bench: Bench, number: signal.Signals | None) -> _Round:
    """Paint the two pictures; send ``number`` to the worker of the first one on the way."""
    jobs = _submit_two(client, bench, bench.sized(300, 12))
    workers: dict[str, WorkerLine] = {}
    done: dict[str, bytes] = {}
    while len(done) < len(jobs):
        for event in client.wait(0.02):
            if isinstance(event, (events.Failed, events.Disconnected)):
                raise event.error
            if isinstance(event, events.Finished):
                done[event.job] = event.picture.data
        now = client.status()
        workers = {job: it for it in now.workers for job in it.jobs} | workers
        steps = {line.job: line.step for line in now.jobs}
        if number is not None and len(workers) == 2 and steps.get(jobs[0], 0) >= STEPS_BEFORE:
            os.kill(workers[jobs[0]].pid, number)
            number = None
    return _Round((done[jobs[0]], done[jobs[1]]), (workers[jobs[0]], workers[jobs[1]]))


def _difference(one: bytes, other: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def _sent(planes: Tensor) -> Picture:
    samples = (planes * 255).round().byte().permute(1, 2, 0).contiguous()
    height, width, channels = samples.shape
    return Picture.of(width, height, channels, samples.numpy().tobytes())


@contextmanager
def _daemon(bench: Bench) -> Iterator[Client]:
    """A daemon with two workers that see the bench's card alone."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        weights.ensure(home.weights)
        environment = {**os.environ, VARIABLE: folder, "NEURAL_STYLE_WORKERS": "2"}
        command = [sys.executable, "-m", "neural_style"]
        if bench.pretended is not None:
            command = list(card_daemon.SELF)
            card_daemon.write_states(home, "fine")
        elif bench.device.type == "cuda":
            environment.setdefault("CUDA_VISIBLE_DEVICES", str(bench.device.index))
        with subprocess.Popen([*command, "serve"], env=environment) as process:
            try:
                with _connected(home) as client:
                    yield client
            finally:
                process.terminate()
                process.wait()


def _connected(home: Home) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return connect(home)
        except DaemonUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
