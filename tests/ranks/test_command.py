"""The command, as torchrun starts it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import tifffile

from neural_style import weights
from neural_style.ranks.command import main
from neural_style.ranks.group import NEEDED
from ranks.started import PATIENCE, samples, torchrun, write_pictures

HEIGHT, WIDTH = 160, 90


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    weights.ensure(folder / "weights")
    return folder


@pytest.fixture(autouse=True)
def in_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURAL_STYLE_HOME", str(home))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pictures(tmp_path, HEIGHT, WIDTH)
    return tmp_path


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[Any, str]:
    """The exit status of a rank that no torchrun has started, and what it says."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code, capsys.readouterr().err


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["-o", "out.tif"], 2, "must be started by torchrun"),
        (["-o", "out.png"], 3, "cannot be saved strip by strip"),
        (["-o", "out.tif", "--style-weight", "1", "--style-weight", "2"], 2, "once for each"),
        (["-o", "out.tif", "--strength", "101"], 2, "trength"),
    ],
)
def test_a_mistake_is_a_sentence(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    sentence: str,
) -> None:
    photo, style = str(folder / "photo.tif"), str(folder / "style.png")
    code, words_said = said([photo, "--style", style, *words], capsys)
    assert code == status
    assert words_said.startswith("Error: ")
    assert sentence in words_said
    assert len(words_said.splitlines()) == 2


@pytest.mark.usefixtures("alone")
def test_the_other_ranks_say_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    photo, style = str(folder / "photo.tif"), str(folder / "style.png")
    assert said([photo, "--style", style, "-o", "out.png"], capsys) == (3, "")


@pytest.mark.slow
def test_two_ranks_paint_from_strips_to_strips(folder: Path) -> None:
    run = torchrun(2, folder, "-o", "out.tif", "--preset", "draft", "--iterations", "2", "--json")
    out, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, errors
    answer = json.loads(out)
    assert (answer["ranks"], answer["width"], answer["height"]) == (2, WIDTH, HEIGHT)
    assert answer["estimate"]["sent_bytes_each_evaluation"] > 1_000_000
    found = tifffile.imread(folder / "out.tif")
    assert (found.shape, found.dtype) == ((HEIGHT, WIDTH, 3), np.dtype(np.uint8))
    assert np.abs(found.astype(int) - samples(HEIGHT, WIDTH, 1)).mean() > 1
    assert sorted(path.name for path in folder.iterdir()) == ["out.tif", "photo.tif", "style.png"]


@pytest.mark.slow
def test_an_error_is_said_once(folder: Path) -> None:
    tifffile.imwrite(folder / "photo.tif", samples(24, WIDTH, 1))
    run = torchrun(2, folder, "-o", "out.tif")
    _, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode != 0
    assert errors.count("A picture of 24 rows cannot be divided among 2 ranks.") == 1
    assert errors.count("Start at most 1 ranks.") == 1


def ranks_of(run: subprocess.Popen[str]) -> Iterator[psutil.Process]:
    """The processes that torchrun has started."""
    for process in psutil.Process(run.pid).children():
        if process.environ().get("RANK") == "1":
            yield process


@pytest.mark.slow
def test_a_killed_rank_is_started_again_and_the_picture_is_the_same(folder: Path) -> None:
    words = ("--preset", "draft", "--iterations", "3", "--checkpoint-minutes", "0")
    whole = torchrun(2, folder, "-o", "whole.tif", *words)
    _, errors = whole.communicate(timeout=PATIENCE)
    assert whole.returncode == 0, errors
    run = torchrun(2, folder, "-o", "out.tif", *words, restarts=1)
    ends = time.monotonic() + PATIENCE
    while not list((folder / "out.tif.ranks").glob("step-*")) and time.monotonic() < ends:
        time.sleep(0.01)
    (rank,) = ranks_of(run)
    os.kill(rank.pid, signal.SIGKILL)
    _, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, errors
    assert "Another rank of this picture was lost." in errors
    assert "Going on after evaluation" in errors
    digests = [
        hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("whole.tif", "out.tif")
    ]
    assert digests[0] == digests[1]
