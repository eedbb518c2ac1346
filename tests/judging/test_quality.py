"""The benchmark of quality: its pairs, its drawn styles, and that it makes no picture twice."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from neural_style.engine import Task
from neural_style.engine.losses import Losses
from neural_style.engine.task import Observe, Outcome

ROOT = Path(__file__).parents[2]


def of_benchmarks(name: str) -> ModuleType:
    """A module that is found where it is run, in the folder of the benchmarks."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="module")
def pictures_of_benchmark() -> ModuleType:
    return of_benchmarks("judged_pictures")


def test_no_pair_is_for_both_tuning_and_reporting(pictures_of_benchmark: ModuleType) -> None:
    found = pictures_of_benchmark
    pairs = found.TUNING + found.REPORTING
    every = {(content, style) for content in found.CONTENTS for style in found.STYLES}
    assert len(pairs) == len(set(pairs)) == len(every)
    assert {(pair.content, pair.style) for pair in pairs} == every


def test_there_are_eight_of_each_without_any_folder(
    pictures_of_benchmark: ModuleType, tmp_path: Path
) -> None:
    found = pictures_of_benchmark
    album = found.Album(tmp_path)
    there = [pair for pair in found.REPORTING if album.has(pair)]
    assert len({pair.content for pair in there}) >= 8
    assert len({pair.style for pair in there}) >= 8
    Image.new("RGB", (8, 4), "red").save(tmp_path / "rainier.png")
    assert found.Album(tmp_path).reduced("rainier", 16).size == (16, 8)


@pytest.mark.parametrize("name", ["engraving", "watercolour", "kilim", "abstract"])
def test_a_drawn_style_has_texture_at_the_size_that_is_judged(
    name: str, pictures_of_benchmark: ModuleType
) -> None:
    levels = pictures_of_benchmark.Album().pixels(name, 224).numpy() * 255
    assert np.ptp(levels.mean(0)) > 120
    assert np.abs(np.diff(levels, axis=1)).mean() + np.abs(np.diff(levels, axis=2)).mean() > 4


@dataclass
class Copyist:
    """Gives the photograph back, and counts how often."""

    strengths: list[float] = field(default_factory=list)

    def stylize(self, task: Task, _observe: Observe) -> Outcome:
        self.strengths.append(task.settings.strength)
        return Outcome(task.content, 1, Losses(), "finished")


def test_a_picture_is_made_once_for_each_strength_and_version(tmp_path: Path) -> None:
    quality, album = of_benchmarks("quality"), of_benchmarks("judged_pictures").Album(tmp_path)
    copyist = Copyist()
    studio = quality.Studio(copyist, album, tmp_path / "work", "c0ffee", "standard")
    first, making = studio.picture(("coffee", "ink"), 96, 30.0)
    again, as_before = studio.picture(("coffee", "ink"), 96, 30.0)
    assert copyist.strengths == [30.0]
    assert (first.tobytes(), making) == (again.tobytes(), as_before)
    assert quality.judged(album, first, making).measures.photograph_left == pytest.approx(1)
    studio.picture(("coffee", "ink"), 96, 70.0)
    replace(studio, version="decaf").picture(("coffee", "ink"), 96, 30.0)
    assert copyist.strengths == [30.0, 70.0, 30.0]


def write_rivals_pictures(folder: Path) -> None:
    """Three finished pictures of one rival, and one that is not."""
    records = importlib.import_module("judge.records")
    (folder / "rival").mkdir()
    for pair, side in ((("coffee", "ink"), 96), (("coffee", "ink"), 128), (("china", "ink"), 96)):
        path = folder / "rival" / f"{'-on-'.join(pair)}-{side}.png"
        Image.new("RGB", (96, 64)).save(path)
        records.write_making(
            records.Making("rival", "1.0", "", *pair, 0.0, side, 1.0, 1.0, ""), path
        )
    Image.new("RGB", (96, 64)).save(folder / "rival" / "unfinished.png")


def test_the_rivals_pictures_are_found_by_pair_and_side(tmp_path: Path) -> None:
    quality = of_benchmarks("quality")
    write_rivals_pictures(tmp_path)
    found = list(quality.rival_pictures(tmp_path, [("coffee", "ink")], 96))
    assert [(making.pair, making.side) for _, making in found] == [(("coffee", "ink"), 96)]


def test_the_rivals_figures_replace_older_ones_of_the_same_pair_and_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_rivals = of_benchmarks("keep_rivals")
    records = importlib.import_module("judge.records")
    write_rivals_pictures(tmp_path)
    monkeypatch.setattr(keep_rivals, "RIVALS", tmp_path / "rivals.json")
    monkeypatch.setattr(sys, "argv", ["keep_rivals.py", str(tmp_path)])
    keep_rivals.main()
    before = records.read_judged(tmp_path / "rivals.json")
    assert [(one.making.pair, one.making.side) for one in before] == [
        (("china", "ink"), 96),
        (("coffee", "ink"), 96),
        (("coffee", "ink"), 128),
    ]

    newer = records.Making("rival", "2.0", "", "coffee", "ink", 0.0, 96, 1.0, 1.0, "")
    for path in (tmp_path / "rival").glob("*.json"):
        path.unlink()
    records.write_making(newer, tmp_path / "rival" / "coffee-on-ink-96.png")
    keep_rivals.main()
    after = records.read_judged(tmp_path / "rivals.json")
    assert [one.making.version for one in after] == ["1.0", "2.0", "1.0"]
    assert [after[0], after[2]] == [before[0], before[2]]


def test_a_report_has_figures_curves_and_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quality = of_benchmarks("quality")
    monkeypatch.setattr(quality, "Stylizer", lambda _weights, device: Copyist())
    monkeypatch.setattr(quality.weights, "ensure", lambda folder: folder)
    monkeypatch.setattr(quality, "SMALL", 96)
    monkeypatch.setattr(quality, "LARGE", 192)
    options = {"--pairs": 1, "--side": 96, "--work": tmp_path, "--pictures": tmp_path / "none"}
    words = [str(word) for option in options.items() for word in option]
    monkeypatch.setattr(sys, "argv", ["quality.py", *words, "--thumbnails", "1"])
    quality.main()
    report = tmp_path / "report-reporting-96-standard"
    assert {path.name for path in report.iterdir()} == {"quality.json", "curves.png", "sheet-1.png"}
    found = json.loads((report / "quality.json").read_text("utf-8"))
    assert found["pairs"] == ["china-on-ink"]
    assert found["medians"]["ours 50"]["content"] == 0
    assert 0 < found["thumbnails"]["china-on-ink"] < 0.5
    assert "pairs are left out" in capsys.readouterr().err
