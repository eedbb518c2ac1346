"""What was measured once is remembered for the machine, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from neural_style.worker.machine_notes import MachineNotes, this_machine
from neural_style_protocol.errors import StorageError
from neural_style_protocol.paths import Home

QUESTION, ANSWER = "fastest arithmetic", "float32"


def test_an_answer_outlives_the_process(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert MachineNotes(home).get(QUESTION) is None
    MachineNotes(home)[QUESTION] = ANSWER
    MachineNotes(home)["another"] = "answer"
    assert MachineNotes(home).get(QUESTION) == ANSWER
    assert home.machine.stat().st_mode & 0o777 == 0o600


def test_each_machine_has_its_own(tmp_path: Path) -> None:
    """They may share a home."""
    home = Home(tmp_path)
    one, other = MachineNotes(home, "one"), MachineNotes(home, "other")
    one[QUESTION] = ANSWER
    assert other.get(QUESTION) is None
    other[QUESTION] = "bfloat16"
    assert one.get(QUESTION) == ANSWER


@pytest.mark.parametrize(
    "damaged", ["not json", "[1]", '{"a": 1}', '{"a": {"b"', "", "\udc80", "null"]
)
def test_a_damaged_file_is_ignored_and_replaced(tmp_path: Path, damaged: str) -> None:
    home = Home(tmp_path)
    home.machine.write_text(damaged, encoding="utf-8", errors="surrogateescape")
    notes = MachineNotes(home)
    assert notes.get(QUESTION) is None
    notes[QUESTION] = ANSWER
    assert MachineNotes(home).get(QUESTION) == ANSWER


def test_a_full_disk_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("{path} cannot be written.", path=tmp_path)

    monkeypatch.setattr("neural_style_protocol.atomic.write", full)
    notes = MachineNotes(Home(tmp_path))
    notes[QUESTION] = ANSWER
    assert notes.get(QUESTION) is None


def test_a_machine_is_its_processor_its_torch_and_its_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Quick 1\nmodel\t: 7\n\nprocessor\t: 1\n")
    first = this_machine(cpuinfo)
    assert "Quick 1  7" in first
    assert torch.__version__ in first
    cpuinfo.write_text("model name\t: Quick 2\nmodel\t: 7\n")
    assert this_machine(cpuinfo) != first
    assert this_machine(tmp_path / "missing")
    cpuinfo.write_text("model name\t: Quick 1\nmodel\t: 7\n")
    assert this_machine(cpuinfo) == first
    monkeypatch.setattr(torch, "get_num_threads", lambda: 99)
    assert this_machine(cpuinfo) != first
    monkeypatch.undo()
    monkeypatch.setattr("neural_style.worker.machine_notes.__version__", "0.0.0")
    assert this_machine(cpuinfo) != first
