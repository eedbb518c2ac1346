"""Ranks that are killed at many moments paint the same picture, and leave nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neural_style import weights
from ranks.a_killed_rank import KILLED, MOMENTS
from ranks.started import torchrun, write_pictures

HEIGHT, WIDTH = 264, 176
"""Three scales: each rank computes the smallest one whole, and the others are in bands."""

TESTS = Path(__file__).parents[1]
PATIENCE = 500
WORDS = ("--preset", "draft", "--iterations", "3", "--checkpoint-minutes", "0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a photo and a style; the ranks find the tests and the weights."""
    home, folder = tmp_path / "home", tmp_path / "pictures"
    weights.ensure(home / "weights")
    monkeypatch.setenv("NEURAL_STYLE_HOME", str(home))
    paths = (str(TESTS), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    folder.mkdir()
    write_pictures(folder, HEIGHT, WIDTH)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE)
def test_a_rank_is_killed_at_many_moments(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = torchrun(2, folder, "-o", "whole.tif", *WORDS)
    _, errors = whole.communicate(timeout=PATIENCE)
    assert whole.returncode == 0, errors
    monkeypatch.setenv(KILLED, str(tmp_path / "killed"))
    again = {"restarts": len(MOMENTS), "module": "ranks.a_killed_rank"}
    run = torchrun(2, folder, "-o", "out.tif", *WORDS, **again)
    _, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, errors
    killed = (tmp_path / "killed").read_text(encoding="utf-8").splitlines()
    assert killed == [moment.called for moment in MOMENTS]
    assert (folder / "out.tif").read_bytes() == (folder / "whole.tif").read_bytes()
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["out.tif", "photo.tif", "style.png", "whole.tif"]
