"""The walks through the rooms in ARCHITECTURE.md name files and functions that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_STEP = re.compile(r"^\| `([\w./-]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)


def steps() -> list[tuple[str, str]]:
    """The file and the function of each row."""
    return _STEP.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))


def names_in(text: str) -> set[str]:
    """The functions, classes and methods of a module; a method as ``Class.method``."""
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (part for part in node.body if isinstance(part, ast.FunctionDef))
            found.update(f"{node.name}.{method.name}" for method in methods)
    return found


def test_both_walks_are_there() -> None:
    assert {"Canvas.seen", "_style_ratio"} <= {name for _, name in steps()}


@pytest.mark.parametrize(("file", "name"), steps())
def test_each_step_is_in_the_code(file: str, name: str) -> None:
    assert name in names_in((ROOT / file).read_text(encoding="utf-8"))


def test_functions_classes_and_methods_are_found() -> None:
    assert names_in("def a(): ...\nclass B:\n    def c(self): ...") == {"a", "B", "B.c"}
