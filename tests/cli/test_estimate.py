"""``neural-style estimate`` with the real engine, on pictures that need no computing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run
from neural_style import weights
from neural_style.worker.calibrations import WHEN
from neural_style_protocol.paths import VARIABLE, Home


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of its own, with weights."""
    home = Home(tmp_path_factory.mktemp("estimates"))
    weights.ensure(home.weights)
    return home


def picture(folder: Path, width: int, height: int) -> Path:
    path = folder / f"{width}.png"
    Image.new("RGB", (width, height), "teal").save(path)
    return path


@pytest.mark.slow
def test_estimates(run: Run, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(home.root))
    small, tiny = picture(tmp_path, 320, 240), picture(tmp_path, 12, 8)

    first = run("estimate", small, "--json")
    assert first.status == 0, first.err
    told = first.json
    assert (told["width"], told["height"]) == (320, 240)
    assert told["method"] == "whole"
    assert told["seconds"] > 0
    assert 0 < told["peak_bytes"] < told["free_bytes"]

    calibration = json.loads((home.root / "calibration.json").read_text())
    slower = {
        what: value if what.endswith(WHEN) else 20_000 * value
        for what, value in calibration.items()
    }
    (home.root / "calibration.json").write_text(json.dumps(slower))
    assert run("estimate", small, "--json").json["seconds"] > 100 * told["seconds"]

    words = run("estimate", small)
    assert "320 × 240 pixels, computed whole" in words.out
    assert "hours" in words.out

    (home.root / "calibration.json").write_text("not json")
    refused = run("estimate", tiny, "--json")
    assert refused.status == 3
    assert "12 × 8" in refused.json["error"]["sentence"]
