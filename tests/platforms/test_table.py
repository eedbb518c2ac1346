"""The table in docs/platforms.md names tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
TABLE = PAGE.partition("\n## What stood in the way\n")[2]
ROWS = [line for line in TABLE.splitlines() if re.match(r"\| (?!What happens|---)", line)]


def test_each_row_names_a_test() -> None:
    assert len(ROWS) > 15
    assert [row for row in ROWS if not re.search(r"`tests/[\w/]+\.py::\w+` \|$", row)] == []


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_the_named_test_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_windows_gets_the_libraries_of_visual_c() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    required = project.partition("\ndependencies = [")[2].partition("\n]")[0]
    assert re.search(r"\"msvc-runtime[^\"]*; sys_platform == 'win32'\"", required)
