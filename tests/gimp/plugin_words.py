"""The words that the plug-in's source marks for translation.

``python tests/gimp/plugin_words.py``, with ``tests`` on ``PYTHONPATH``, writes the template.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from gimp.gimp_root import REPOSITORY
from neural_style_protocol.settings import SCHEMA

PLUGIN = REPOSITORY / "gimp_plugin" / "neural-style"
TEMPLATE = PLUGIN / "locale" / "neural-style.pot"


def words_of_the_plugin() -> set[str]:
    """Every text given to ``_()`` or ``marked()``, and those of the settings schema."""
    found = {text for source in PLUGIN.glob("*.py") for text in marked_in(source)}
    for setting in SCHEMA:
        found |= {setting.label, setting.help, *setting.choices.values()}
        found |= {setting.unit, setting.zero} - {"", "%"}
    return found


def marked_in(source: Path) -> Iterator[str]:
    """The texts that one source marks."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id in ("_", "marked"):
            (argument,) = node.args
            if isinstance(argument, ast.Constant):
                yield argument.value


def template() -> str:
    """The template for a catalogue of a new language: every text, not translated."""
    header = "Content-Type: text/plain; charset=UTF-8\\nContent-Transfer-Encoding: 8bit\\n"
    entries = ["", *sorted(words_of_the_plugin())]
    texts = [header, *([""] * (len(entries) - 1))]
    both = zip(entries, texts, strict=True)
    return "\n".join(f'msgid "{_quoted(word)}"\nmsgstr "{text}"\n' for word, text in both)


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    TEMPLATE.write_text(template(), encoding="utf-8")
