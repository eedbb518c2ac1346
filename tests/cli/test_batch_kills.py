"""A batch whose command, or whose daemon, is killed ends with the same pictures all the same."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from cli.batches import hashes, jobs_so_far
from cli.conftest import started
from neural_style.batch.manifest import FOLDER
from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon, wait_until
from service.standin_worker import Script

KILLS = 10
PHOTOS, STYLES = 6, 2

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six photos, and two styles."""
    (tmp_path / "photos").mkdir()
    for number in range(PHOTOS):
        shade = (40 * number, 200, 10)
        Image.new("RGB", (32, 20), shade).save(tmp_path / "photos" / f"{number}.png")
    for number in range(STYLES):
        Image.new("RGB", (10, 10), (number, 80, 80)).save(tmp_path / f"style {number}.png")
    return tmp_path


@pytest.fixture(scope="module")
def home_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinDaemon]:
    """A stand-in daemon with a worker whose pictures take half a second."""
    daemon = StandinDaemon(Home(tmp_path_factory.mktemp("home")))
    Script(steps=25, seconds_per_step=0.02).write(daemon.home.root)
    daemon.start()
    yield daemon
    daemon.end()


def command(folder: Path, out: str, *more: object) -> list[object]:
    styles = [word for n in range(STYLES) for word in ("--style", folder / f"style {n}.png")]
    return ["batch", folder / "photos", *styles, "-o", folder / out, "--json", *more]


def begun(out: Path) -> set[tuple[str, float]]:
    """The pictures that are recorded as begun, and when that was."""
    texts = [path.read_text(encoding="utf-8") for path in (out / FOLDER).glob("*.json")]
    records = [json.loads(text) for text in texts]
    return {(r["output"], r["ended"]) for r in records if r["outcome"] == "begun"}


def unfinished(out: Path) -> list[Path]:
    """The files there that have no name of their own yet."""
    return [path for path in out.rglob(".*") if path.is_file()]


def kill_at_ten_moments(
    folder: Path, daemon: StandinDaemon, kill: Callable[[subprocess.Popen[str]], None]
) -> None:
    """Start the batch ten times, and kill something each time when another picture is there.

    In turn it happens when a picture has been begun, and when its file is there: that may be just
    before it is recorded.
    """
    out = folder / "out"
    for number in range(KILLS):
        daemon.start()
        earlier, files = begun(out), len(list(out.glob("*.png")))

        def is_due(
            earlier: set[tuple[str, float]] = earlier, files: int = files, number: int = number
        ) -> bool:
            if number % 2:
                return len(list(out.glob("*.png"))) > files
            return bool(begun(out) - earlier)

        with started(command(folder, "out"), daemon.home) as process:
            wait_until(lambda process=process: is_due() or process.poll() is not None)
            assert process.poll() is None, process.communicate()
            kill(process)
            process.communicate(timeout=60)
    daemon.start()


def finish(folder: Path, daemon: StandinDaemon) -> dict[str, int]:
    """Run the batch to its end, check all pictures against a clean run, and return the counts.

    What the killed programs left unfinished is made to look old, so it is cleared.
    """
    for path in unfinished(folder / "out"):
        os.utime(path, (0, 0))
    with started(command(folder, "out"), daemon.home) as process:
        text, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    with started(command(folder, "clean"), daemon.home) as process:
        process.communicate(timeout=120)
    clean = hashes(folder / "clean")
    assert len(clean) == PHOTOS * STYLES
    assert hashes(folder / "out") == clean
    assert not unfinished(folder / "out")
    return dict(json.loads(text)["counts"])


def test_the_command_is_killed(folder: Path, home_daemon: StandinDaemon) -> None:
    """The daemon goes on, and what it has painted is not painted again."""
    home_daemon.start()
    before = jobs_so_far(home_daemon.home)
    kill_at_ten_moments(folder, home_daemon, lambda process: process.kill())
    jobs = jobs_so_far(home_daemon.home) - before
    counts = finish(folder, home_daemon)
    assert counts["there"] >= KILLS // 2 - 1
    assert jobs + counts.get("painted", 0) >= PHOTOS * STYLES
    assert jobs_so_far(home_daemon.home) - before == 2 * PHOTOS * STYLES  # with the clean run's


def test_the_daemon_is_killed(folder: Path, home_daemon: StandinDaemon) -> None:
    """Only the picture that was being painted is painted again."""
    home_daemon.start()
    before = jobs_so_far(home_daemon.home)
    kill_at_ten_moments(folder, home_daemon, lambda process: home_daemon.kill())
    finish(folder, home_daemon)
    jobs = jobs_so_far(home_daemon.home) - before
    assert 2 * PHOTOS * STYLES <= jobs <= 2 * PHOTOS * STYLES + KILLS
