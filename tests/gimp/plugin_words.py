"""The words of the plug-in that are translated.

``python tests/gimp/plugin_words.py``, with ``tests`` on ``PYTHONPATH``, writes the template.
"""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from neural_style_protocol.settings import SCHEMA
from protocol.templates import PLUGIN, TRAVELLING, texts_of

TEMPLATE = PLUGIN / "locale" / "neural-style.pot"


OF_THE_SYSTEM = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENAMETOOLONG),
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EMFILE),
    *(errno.ENOMEM, errno.ENOEXEC, errno.EADDRINUSE, errno.EADDRNOTAVAIL),
)
"""The errors of the system that a user meets most, as reasons inside other sentences."""


def words_of_the_plugin() -> set[str]:
    """Every text given to ``_()``, and those of the settings schema."""
    found = {text for source in PLUGIN.glob("*.py") for text in marked_in(source)}
    for setting in SCHEMA:
        found |= {setting.label, setting.help, *setting.choices.values()}
        found |= {setting.unit, setting.zero} - {"", "%"}
    return found


def words_of_errors() -> set[str]:
    """The templates of all errors and phrases that can get to the plug-in."""
    return texts_of(*TRAVELLING) | {os.strerror(number) for number in OF_THE_SYSTEM}


def every_word() -> set[str]:
    """All that a catalogue has."""
    return words_of_the_plugin() | words_of_errors()


def marked_in(source: Path) -> Iterator[str]:
    """The texts that one source marks."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id == "_":
            (argument,) = node.args
            if isinstance(argument, ast.Constant):
                yield argument.value


def template() -> str:
    """The template for a catalogue of a new language: every text, not translated."""
    header = "Content-Type: text/plain; charset=UTF-8\\nContent-Transfer-Encoding: 8bit\\n"
    entries = ["", *sorted(every_word())]
    texts = [header, *([""] * (len(entries) - 1))]
    both = zip(entries, texts, strict=True)
    return "\n".join(f'msgid "{_quoted(word)}"\nmsgstr "{text}"\n' for word, text in both)


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    TEMPLATE.write_text(template(), encoding="utf-8")
