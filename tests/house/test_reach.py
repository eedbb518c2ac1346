"""A clone by itself passes its tests: what they and the benchmarks read lies inside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_LOOK_BESIDE = frozenset({"benchmarks/benchmark_pictures.py"})
"""Where it says which pictures the benchmarks take, and which if those are not there."""

NAMES_OF_THE_ROOT = frozenset({"ROOT", "REPOSITORY", "CHECKOUT"})
PICTURES_BESIDE = "shared/" + "images"  # in two, so that this file does not name it


def sources() -> list[Path]:
    return [path for room in ("tests", "benchmarks") for path in (ROOT / room).rglob("*.py")]


class Climber:
    """Follows paths that a module makes from its own, and counts how far up they lead."""

    def __init__(self, tree: ast.Module, depth: int) -> None:
        self._depth = depth
        self._known: dict[str, int] = dict.fromkeys(NAMES_OF_THE_ROOT, depth)
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                height = self.height(node.value)
                if height is not None:
                    self._known[node.targets[0].id] = height

    def height(self, node: ast.expr) -> int | None:
        """How many folders the path lies above the module's file; None if that is not known."""
        if isinstance(node, ast.Name):
            return self._known.get(node.id)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "Path" and node.args:
                argument = node.args[0]
                is_own = isinstance(argument, ast.Name) and argument.id == "__file__"
                return 0 if is_own else self.height(argument)
            if isinstance(node.func, ast.Attribute) and node.func.attr in {"resolve", "absolute"}:
                return self.height(node.func.value)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return self._above(node.value, 1)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
            index = node.slice
            if node.value.attr == "parents" and isinstance(index, ast.Constant):
                return self._above(node.value.value, int(str(index.value)) + 1)
        return None

    def _above(self, node: ast.expr, steps: int) -> int | None:
        height = self.height(node)
        return None if height is None else height + steps


def outside(text: str, depth: int) -> Iterator[str]:
    """What a module says that leads out of the clone; it lies ``depth`` folders down in it."""
    tree = ast.parse(text)
    climber = Climber(tree, depth)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and (climber.height(node) or 0) > depth:
            yield ast.unparse(node)
        if isinstance(node, ast.Constant) and PICTURES_BESIDE in str(node.value):
            yield ast.unparse(node)


def test_nothing_outside_the_clone_is_read() -> None:
    found = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        leads = list(outside(path.read_text(encoding="utf-8"), name.count("/") + 1))
        if leads:
            found[name] = leads
    assert found.keys() == MAY_LOOK_BESIDE, found


@pytest.mark.parametrize(
    "text",
    [
        "Path(__file__).parents[3] / 'shared'",
        "HERE = Path(__file__).resolve().parent\nX = HERE.parents[2]",
        "open(REPOSITORY.parent / 'x')",
        "Path('../shared/" + "images/x.jpg')",
    ],
)
def test_what_leads_out_is_found(text: str) -> None:
    assert list(outside(text, 3))


def test_what_stays_inside_is_not() -> None:
    text = "HERE = Path(__file__).parent\nX = HERE.parents[1] / 'docs'\nY = Path(a).parents[9]"
    assert list(outside(text, 3)) == []


def test_no_page_sends_a_reader_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    assert [page.name for page in pages if PICTURES_BESIDE in page.read_text("utf-8")] == []
