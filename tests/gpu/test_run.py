"""The measurements for one day with a card work, on a pretended one and at tiny sizes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpu.stages import conduct, hard, right
from gpu.stages.parts import PARTS, Stage
from gpu.stages.stage import Bench, Found
from gpu.stages.table import NOT_MEASURED, tables
from pretended_gpu.card import Card

ROOT = Path(__file__).parents[2]
STAGES = {stage.name: stage for stages in PARTS.values() for stage in stages}


@pytest.mark.slow
@pytest.mark.parametrize("name", STAGES)
def test_each_stage_works(card: Card, weights_file: Path, name: str) -> None:
    bench = Bench(card.device, card, True, weights_file.parent)
    found = STAGES[name].work(bench)
    assert found.missed == []
    assert found.values
    json.dumps(found.values)


def test_what_is_not_as_it_should_be_is_named() -> None:
    found = Found()
    found.at_most("a", 2.0, 1.0)
    found.at_most("b", float("nan"), 1.0)
    found.at_least("c", 0.5, 0.9)
    found.must("d", False)
    found.at_most("e", 1.0, 1.0)
    assert [sentence.split()[0] for sentence in found.missed] == ["a", "b", "c", "d"]


def test_a_wrong_gradient_is_seen(
    card: Card, weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = right._gradient

    def wrong(bench: Bench, device: object, *rest: object) -> object:
        found = real(bench, device, *rest)  # type: ignore[arg-type]
        return found if device == right.CPU else found * 1.001

    monkeypatch.setattr(right, "_gradient", wrong)
    monkeypatch.setattr(right, "PADDINGS", ("zeros",))
    found = right.gradients(Bench(card.device, card, True, weights_file.parent))
    assert found.missed


def test_a_card_that_does_not_fail_is_seen(
    card: Card, weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hard, "_assertion", lambda operation: None)
    found = hard.poisoned(Bench(card.device, card, True, weights_file.parent))
    assert found.missed == ["the card has failed does not hold"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "tests/gpu/run"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_part_writes_a_line_for_each_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON", sys.executable)
    output = tmp_path / "found.jsonl"
    pretend = ("--pretend", "cuda", "--tiny", "--patience", "10", "--output", str(output))
    done = run("hard", "--only", "facts", "--only", "poisoned", *pretend)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert done.stdout == output.read_text()
    assert [line["stage"] for line in lines] == ["facts", "poisoned"]
    assert lines[0]["values"]["cuda:0"] == "Pretended GPU"
    assert "| a failed card is known as such | yes |" in run("table", str(output)).stdout


def test_stages_that_fail_hang_or_do_not_fit_are_named(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a line each, and by the exit status."""
    stages = [Stage(right.facts, 60.0), Stage(right.waits, 0.01), Stage(right.tiles, 60.0)]
    monkeypatch.setattr(conduct, "PARTS", {"right": stages})
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    clock = iter([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 99.0])
    monkeypatch.setattr(conduct.time, "monotonic", lambda: next(clock))
    assert conduct.main(["right", "--device", "no such device", "--seconds", "60"]) == 1
    said = capfd.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert lines[0]["failed"] == "status 1"
    assert "no such device" in lines[0]["said"]
    assert "longer" in lines[1]["failed"]
    assert lines[2]["skipped"] == "no time left"
    assert "facts, waits" in said.err


def test_the_page_has_the_tables_as_they_are_made() -> None:
    page = (ROOT / "docs/gpu.md").read_text(encoding="utf-8")
    rows = [line for line in tables([]).splitlines() if line.startswith("| ")]
    assert NOT_MEASURED in rows[-1]
    for row in rows:
        name = row.split(" | ")[0]
        assert f"\n{name} |" in page, name
