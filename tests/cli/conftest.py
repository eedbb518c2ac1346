"""The command line against the stand-in daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clip_maker import make_clip
from neural_style import weights
from neural_style.cli import main
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script

Run = Callable[..., "Done"]

FRAMES = 5


class Done:
    """A finished command: its exit status and what it printed."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Restore SIGINT: a shell's background jobs, and the processes they start, ignore it."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def home_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinDaemon]:
    """A stand-in daemon that all tests of a file use."""
    daemon = StandinDaemon(Home(tmp_path_factory.mktemp("home")))
    daemon.start()
    yield daemon
    daemon.end()


@pytest.fixture
def run(
    home_daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run ``neural-style`` in this process, as a person would in a shell."""
    home_daemon.start()
    monkeypatch.setenv(VARIABLE, str(home_daemon.home.root))

    def command(*arguments: object) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        assert "Traceback" not in printed.out + printed.err
        code = ended.value.code
        return Done(code if isinstance(code, int) else 1, printed.out, printed.err)

    return command


@pytest.fixture
def endless(home_daemon: StandinDaemon) -> Iterator[Home]:
    """A home whose jobs continue until they are stopped."""
    yield from _scripted(home_daemon, Script(endless=True, seconds_per_step=0.01, stop_seconds=1.0))


@pytest.fixture
def slow(home_daemon: StandinDaemon) -> Iterator[Home]:
    """A home whose jobs take some seconds."""
    yield from _scripted(home_daemon, Script(steps=80, seconds_per_step=0.05, stop_seconds=1.0))


def _scripted(daemon: StandinDaemon, script: Script) -> Iterator[Home]:
    daemon.start()
    script.write(daemon.home.root)
    yield daemon.home
    Script().write(daemon.home.root)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A photo of 12 × 8 pixels."""
    path = tmp_path / "content.png"
    image = Image.new("RGB", (12, 8))
    image.putdata([(x * 20, x * 7 % 256, 200) for x in range(96)])
    image.save(path)
    return path


@pytest.fixture
def style(tmp_path: Path) -> Path:
    """A painting of one colour."""
    path = tmp_path / "style.png"
    Image.new("RGB", (10, 10), (200, 80, 10)).save(path)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip of :data:`FRAMES` frames, with sound."""
    return make_clip(tmp_path / "clip.mp4", FRAMES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures whose order is that of their numbers."""
    path = tmp_path / "frames"
    path.mkdir()
    for number in (9, 10, 11):
        Image.new("RGB", (48, 32), (number * 10, 0, 0)).save(path / f"f{number}.png")
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with weights. Its daemon is stopped at the end."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = Home(tmp_path / "home")
    weights.ensure(made.weights)
    yield made
    with started(["stop"], made) as process:
        process.communicate(timeout=60)


def started(arguments: list[object], home: Home) -> subprocess.Popen[str]:
    """``neural-style`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "neural_style", *(str(argument) for argument in arguments)],
        env={**os.environ, VARIABLE: str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_steps(home: Home) -> str:
    """The job that is being painted."""
    with connect(home) as client:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            running = [line.job for line in client.status().jobs if line.step]
            if running:
                return running[0]
            time.sleep(0.02)
    raise AssertionError("no job has begun")


def press_ctrl_c(process: subprocess.Popen[str], times: int) -> tuple[str, str]:
    """Interrupt a command so many times, and wait for its end: its standard output and error."""
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.4)
    return process.communicate(timeout=60)
