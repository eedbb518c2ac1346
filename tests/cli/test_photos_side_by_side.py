"""``neural-style stylize`` with several photos, and a daemon with two workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run, press_ctrl_c, started
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon, wait_until

SHADES = (10, 60, 110, 160, 210)


@pytest.fixture(scope="module")
def home_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinDaemon]:
    """A stand-in daemon with two workers."""
    daemon = StandinDaemon(Home(tmp_path_factory.mktemp("home")))
    daemon.use_workers(2)
    daemon.start()
    yield daemon
    daemon.end()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Five photos; the third is none."""
    paths = [tmp_path / f"{shade}.png" for shade in SHADES]
    for shade, path in zip(SHADES, paths, strict=True):
        Image.new("RGB", (12, 8), (shade, shade, shade)).save(path)
    paths[2].write_bytes(b"no picture")
    return paths


def shade(path: Path) -> object:
    with Image.open(path) as made:
        return made.convert("RGB").getpixel((1, 1))


def both_paint(home: Home) -> bool:
    with connect(home) as client:
        return sum(line.step > 0 for line in client.status().jobs) == 2


def test_both_workers_paint_and_each_result_is_that_of_its_photo(
    run: Run, slow: Home, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "painted"
    done = run("stylize", *photos, "--style", style, "-o", folder, "--json")
    assert done.status == 3
    pictures = done.json["pictures"]
    assert [picture["content"] for picture in pictures] == [str(photo) for photo in photos]
    assert ["error" in picture for picture in pictures] == [False, False, True, False, False]
    painted = {path.name: shade(path) for path in folder.iterdir()}
    assert painted == {f"{it}.png": (255 - it,) * 3 for it in SHADES if it != 110}
    log = (slow.logs / "daemon.log").read_text(encoding="utf-8")
    workers = {line.split()[-1] for line in log.splitlines() if "handed to worker" in line}
    assert len(workers) == 2


def test_ctrl_c_keeps_the_current_picture_and_discards_the_one_beside_it(
    slow: Home, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "painted"
    command = ["stylize", photos[0], photos[1], photos[3], "--style", style, "-o", folder, "--json"]
    with started(command, slow) as process:
        wait_until(lambda: both_paint(slow))
        out, err = press_ctrl_c(process, 1)
    assert (process.returncode, err) == (130, "")
    pictures = json.loads(out)["pictures"]
    assert pictures[-1]["ending"] == "stopped"
    assert {path.name for path in folder.iterdir()} == {Path(it["output"]).name for it in pictures}
    with connect(slow) as client:
        wait_until(lambda: not client.status().jobs)
        states = [summary.state for summary in client.jobs()]
    assert set(states) == {"done"}


def test_a_daemon_that_vanishes_does_not_take_the_report_with_it(
    home_daemon: StandinDaemon, slow: Home, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "painted"
    command = ["stylize", photos[0], photos[1], photos[3], "--style", style, "-o", folder, "--json"]
    with started(command, slow) as process:
        wait_until(lambda: both_paint(slow))
        home_daemon.kill()
        out, err = process.communicate(timeout=60)
    assert err == ""
    answer = json.loads(out)
    assert [picture["content"] for picture in answer["pictures"]] == [str(photos[0])]
    assert answer["error"]["code"] == "unreachable"
