"""The templates of errors and phrases, as the source has them."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol.errors import NeuralStyleError

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "shared" / "neural_style_protocol"
DAEMON = ROOT / "daemon" / "neural_style"
PLUGIN = ROOT / "gimp_plugin" / "neural-style"

TRAVELLING = (
    SHARED,
    *(DAEMON / room for room in ("bridge", "service", "worker", "jobstore", "engine", "weights")),
    PLUGIN,
)
"""The rooms whose errors and notices can be shown in GIMP."""


@dataclass(frozen=True)
class Template:
    """What stands for a template in a call; ``texts`` are empty if that is not a literal.

    ``given`` are the names of the values that the call gives with it.
    """

    path: Path
    node: ast.expr
    texts: tuple[str, ...]
    given: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Those that the texts ask for."""
        return frozenset(name for text in self.texts for name in re.findall(r"\{(\w+)\}", text))

    @property
    def place(self) -> tuple[str, str]:
        return self.path.name, ast.unparse(self.node)


def sources(*rooms: Path) -> list[Path]:
    return [path for room in rooms for path in room.rglob("*.py") if "vendor" not in path.parts]


def templates_in(path: Path) -> Iterator[Template]:
    """Those of the errors that a source makes, of its phrases, and of its error classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        for template, given in _told(node):
            yield Template(path, template, tuple(_texts(template, constants)), frozenset(given))


def texts_of(*rooms: Path) -> set[str]:
    """Every literal template in which there is something to translate."""
    found = (template for path in sources(*rooms) for template in templates_in(path))
    texts = {text for template in found for text in template.texts}
    return {text for text in texts if re.sub(r"\{\w+\}|\s", "", text)}


def _told(node: ast.AST) -> Iterator[tuple[ast.expr, set[str]]]:
    """The templates that a node hands over, each with the names of its values."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[first, *_], keywords=keywords):
            given = {keyword.arg or "" for keyword in keywords}
            if name in _classes():
                yield first, given
                yield from ((k.value, given) for k in keywords if k.arg == "next_step")
            elif name == "Phrase":
                yield first, _keys(node.args[1:])
        case ast.AnnAssign(target=ast.Name(id="default_next_step"), value=ast.expr() as value):
            yield value, set()
        case ast.Assign(targets=[ast.Name(id="default_next_step")], value=value):
            yield value, set()


def _keys(arguments: list[ast.expr]) -> set[str]:
    match arguments:
        case [ast.Dict(keys=keys)]:
            return {key.value for key in keys if isinstance(key, ast.Constant)}
    return set()


def _texts(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            one, two = list(_texts(body, constants)), list(_texts(other, constants))
            yield from [*one, *two] if one and two else []
        case ast.Name(id=name) if name in constants:
            yield from _texts(constants[name], {})
        case ast.Subscript(value=ast.Name(id=name)) if name in constants:
            table = constants[name]
            if isinstance(table, ast.Dict):
                yield from (text for value in table.values for text in _texts(value, {}))


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


@functools.cache
def _classes() -> frozenset[str]:
    """The names of all kinds of errors, also of those that only a command knows."""
    names = {NeuralStyleError.__name__}
    bases = {
        (node.name, base.id)
        for path in sources(SHARED, DAEMON / "cli")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    }
    while more := {name for name, base in bases if base in names} - names:
        names |= more
    return frozenset(names)
