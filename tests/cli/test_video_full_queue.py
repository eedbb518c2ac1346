"""``neural-style video`` at a daemon whose queue is full waits for its turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import FRAMES, Run
from neural_style.batch import full_queue
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import StandinDaemon, submit
from service.standin_worker import Script, frames_told


@pytest.fixture
def home_daemon(tmp_path: Path) -> Iterator[StandinDaemon]:
    """It has room for one picture."""
    daemon = StandinDaemon(Home(tmp_path / "home"))
    daemon.home.root.mkdir()
    Script(steps=3).write(daemon.home.root)
    daemon.start(jobs_waiting=1)
    yield daemon
    daemon.end()


def test_a_frame_waits_for_the_one_before_it(
    run: Run,
    home_daemon: StandinDaemon,
    clip: Path,
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Usually the next frame is sent while one is painted, for which there is no room here."""
    monkeypatch.setattr(full_queue, "FULL_SECONDS", 0.05)
    Script(steps=10, seconds_per_step=0.02).write(home_daemon.home.root)
    done = run("video", clip, "--style", style, "-o", tmp_path / "a.mp4", "--json")
    assert done.status == 0, done.out + done.err
    assert done.json["painted"] == FRAMES
    told = [
        (follows, len(before)) for follows, before, _ in frames_told(home_daemon.home.root).values()
    ]
    assert told == [(False, 0), (True, 1), (True, 2), (True, 3), (True, 4)]


def test_it_waits_for_the_pictures_of_others(
    run: Run, home_daemon: StandinDaemon, folder: Path, style: Path, tmp_path: Path
) -> None:
    Script(endless=True, seconds_per_step=0.01).write(home_daemon.home.root)
    with home_daemon.client() as other:
        job = submit(other)

        def make_room() -> None:
            Script(steps=3).write(home_daemon.home.root)
            other.cancel(job, keep=False)
            other.wait(0.1)

        later = threading.Timer(1.0, make_room)
        later.start()
        done = run("video", folder, "--style", style, "-o", tmp_path / "out")
        later.join()
    assert done.status == 0, done.err
    assert "queue is full" in done.err
    assert len(list((tmp_path / "out").glob("*.png"))) == 3


def test_ctrl_c_ends_the_waiting(
    home_daemon: StandinDaemon, folder: Path, style: Path, tmp_path: Path
) -> None:
    Script(endless=True, seconds_per_step=0.01).write(home_daemon.home.root)
    command = [*("video", folder, "--style", style), "-o", tmp_path / "out"]
    with home_daemon.client() as other:
        job = submit(other)
        with subprocess.Popen(
            [sys.executable, "-m", "neural_style", *map(str, command)],
            env={**os.environ, VARIABLE: str(home_daemon.home.root)},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert "queue is full" in said
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        other.cancel(job, keep=False)
    assert process.returncode == 130, said
    assert "The same command goes on from there." in said


def test_a_frame_for_which_there_is_never_room_is_refused(
    run: Run, home_daemon: StandinDaemon, folder: Path, style: Path, tmp_path: Path
) -> None:
    home_daemon.end()
    home_daemon.start(pixel_bytes_waiting=1000)
    refused = run("video", folder, "--style", style, "-o", tmp_path / "out")
    assert refused.status == 4
    assert "leave no room for this one" in refused.err
