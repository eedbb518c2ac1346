"""The words that the plug-in's source marks for translation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from gimp.gimp_root import REPOSITORY
from neural_style_protocol.settings import SCHEMA

PLUGIN = REPOSITORY / "gimp_plugin" / "neural-style"


def words_of_the_plugin() -> set[str]:
    """Every text given to ``_()``, and those of the settings schema."""
    found = {text for source in PLUGIN.glob("*.py") for text in _marked(source)}
    for setting in SCHEMA:
        found |= {setting.label, setting.help, *setting.choices.values()}
        found |= {setting.unit, setting.zero} - {"", "%"}
    return found


def _marked(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            (argument,) = node.args
            if isinstance(argument, ast.Constant):
                yield argument.value
