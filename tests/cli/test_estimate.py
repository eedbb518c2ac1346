"""``neural-style estimate`` with the real engine; nothing is painted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run
from neural_style import weights
from neural_style.worker.calibrations import WHEN
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import StandinDaemon


@pytest.fixture
def home(
    run: Run, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    """A home of its own, with weights."""
    home = Home(tmp_path_factory.mktemp("estimates"))
    weights.ensure(home.weights)
    monkeypatch.setenv(VARIABLE, str(home.root))
    yield home
    run("stop")


def picture(folder: Path, width: int, height: int) -> Path:
    path = folder / f"{width}.png"
    Image.new("RGB", (width, height), "teal").save(path)
    return path


@pytest.mark.slow
def test_estimates(run: Run, home: Home, tmp_path: Path) -> None:
    small, tiny = picture(tmp_path, 320, 240), picture(tmp_path, 12, 8)

    first = run("estimate", small, "--json")
    assert first.status == 0, first.err
    answer = first.json
    assert (answer["width"], answer["height"]) == (320, 240)
    assert answer["method"] == "whole"
    assert answer["seconds"] > 0
    assert 0 < answer["peak_bytes"] < answer["free_bytes"]

    calibration = json.loads((home.root / "calibration.json").read_text())
    slower = {
        what: value if what.endswith(WHEN) else 20_000 * value
        for what, value in calibration.items()
    }
    (home.root / "calibration.json").write_text(json.dumps(slower))
    assert run("estimate", small, "--json").json["seconds"] > 100 * answer["seconds"]

    words = run("estimate", small)
    assert "320 × 240 pixels, computed whole" in words.out
    assert "hours" in words.out
    assert "at the full size" in words.out
    again = run("estimate", small, "--recalibrate", "--json").json
    assert again["seconds"] < 100 * answer["seconds"]

    other = run("estimate", small, "--weights", "torchvision", "--json")
    assert other.json["evaluations"] == answer["evaluations"]
    assert not weights.is_present(home.weights, "torchvision")

    (home.root / "calibration.json").write_text("not json")
    refused = run("estimate", tiny, "--json")
    assert refused.status == 3
    assert "12 × 8" in refused.json["error"]["sentence"]


def test_the_daemon_estimates_and_nothing_is_fetched(
    run: Run, home_daemon: StandinDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    content = picture(tmp_path, 120, 80)
    answer = run("estimate", content, "--weights", "torchvision", "--json")
    assert (answer.status, answer.json["device"], answer.json["seconds"]) == (0, "stand-in", 120.0)
    assert answer.json["full_size_evaluations"] is None
    assert "at the full size" not in run("estimate", content).out
    assert not home_daemon.home.weights.exists()


def test_it_counts_the_styles(run: Run, style: Path, tmp_path: Path) -> None:
    """The stand-in takes a second for each pixel of a row and style."""
    content = picture(tmp_path, 120, 80)
    two = run("estimate", content, style, style, "--json").json
    assert (two["styles"], two["seconds"]) == (2, 240.0)
    three = run("estimate", content, *("--style", style) * 3)
    assert "120 × 80 pixels in 3 styles" in three.out
    assert "6 minutes" in three.out
    assert run("estimate", content, "--json").json["styles"] == 1


@pytest.mark.parametrize(
    ("styles", "status", "sentence"),
    [
        (["missing.png"], 3, "missing.png"),
        (["style.png"] * 9, 2, "At most 8 styles"),
        (["style.png", "--style", "style.png"], 2, "one photo"),
    ],
)
def test_styles_that_cannot_be_are_refused(
    run: Run,
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    styles: list[str],
    status: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(style.parent)
    refused = run("estimate", picture(tmp_path, 120, 80), *styles)
    assert (refused.status, sentence in refused.err) == (status, True), refused.err
