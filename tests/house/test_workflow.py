"""What the workflow for hosted checks starts is in the repository."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")

_RUN = re.compile(r"^\s*(?:- )?run: (.+)$", re.MULTILINE)
_USES = re.compile(r"^\s*(?:- )?uses: (.+)$", re.MULTILINE)
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def commands() -> Iterator[list[str]]:
    """The words of each command that a step runs."""
    for line in _RUN.findall(WORKFLOW):
        for command in line.split(" && "):
            yield shlex.split(command)


def test_it_runs_commands() -> None:
    assert ["python", "-m", "pytest"] in [words[:3] for words in commands()]
    assert [".ci/run"] in list(commands())
    assert len(_RUN.findall(WORKFLOW)) == WORKFLOW.count("run: ")


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_commands_and_folders_exist(words: list[str]) -> None:
    match words:
        case ["python", "-m", "pytest", *rest]:
            folders = [word for word in rest if word.startswith("tests")]
            assert folders
            assert [folder for folder in folders if not (ROOT / folder).exists()] == []
        case ["python", "-m", "pip", "install", "-e", target]:
            extra = target.removeprefix(".[").removesuffix("]")
            assert f"\n{extra} = [\n" in PROJECT
        case ["sudo", "apt-get", *_]:
            pass
        case [script]:
            assert (ROOT / script).is_file()
        case _:
            pytest.fail(f"CONTRIBUTING.md knows no {words}")


def test_actions_are_pinned_by_their_major_version() -> None:
    actions = _USES.findall(WORKFLOW)
    assert actions
    assert [action for action in actions if not re.fullmatch(r"[\w./-]+@v\d+", action)] == []


def test_it_runs_the_oldest_python_that_is_supported() -> None:
    oldest = re.search(r'requires-python = ">=(\d\.\d+)"', PROJECT)
    assert oldest is not None
    assert f'"{oldest[1]}"' in WORKFLOW
