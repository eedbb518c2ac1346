"""The plug-in's texts: every one is translated, and GIMP shows them in its own language."""

from __future__ import annotations

import ast
import gettext
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.gimp_root import REPOSITORY
from gimp.plugin_words import TEMPLATE, marked_in, template, words_of_the_plugin

PLUGIN = REPOSITORY / "gimp_plugin" / "neural-style"
ROOMS = (REPOSITORY / "daemon" / "neural_style", REPOSITORY / "shared")
CATALOGUES = sorted((PLUGIN / "locale").glob("*/LC_MESSAGES/neural-style.mo"))


def _fields(text: str) -> list[tuple[str | None, str | None]]:
    return sorted((name or "", form or "") for _, name, form, _ in string.Formatter().parse(text))


def test_the_template_has_every_message() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == template()


def test_there_is_a_french_catalogue() -> None:
    assert "fr" in [path.parents[1].name for path in CATALOGUES]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_catalogue_is_complete(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    missing = sorted(text for text in words_of_the_plugin() if text not in catalogue._catalog)
    assert not missing
    for text in words_of_the_plugin():
        filled, wanted = _fields(catalogue.gettext(text)), _fields(text)
        assert [f for f in filled if f[0]] == [f for f in wanted if f[0]], text


@pytest.mark.gimp
@pytest.mark.timeout(180)
def test_gimp_in_french_speaks_french(gimp: BatchGimp, photo: Path, tmp_path: Path) -> None:
    profile = gimp.profile.copy(tmp_path / "french")
    french = BatchGimp(gimp.root, profile, tmp_path, tmp_path)
    run = french.python(
        f"""
        procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
        status, sentence = call(load({str(photo)!r}))
        strength = procedure.find_argument("strength")

        # Inside the plug-in, the daemon's sentences are translated too.
        plugin = {str(profile.plugin)!r}
        sys.path[:0] = [plugin]
        import locale
        locale.bindtextdomain("neural-style", plugin + "/locale")
        locale.textdomain("neural-style")
        from sentences import translated
        from words import decimal
        memory = "There is not enough memory for a picture of 800 × 600 pixels"
        said = [memory + ".", memory + ", which takes about 3.1 GB.", "Try again in a moment.", "?"]
        report(
            label=procedure.get_menu_label(), sentence=sentence, strength=strength.nick,
            said=[translated(sentence) for sentence in said],
            decimals=[decimal(number) for number in (1.25, 1.96, 30)],
        )
        """,
        language="fr",
    )
    assert run.report, run.output
    assert run.report["label"] == "_Style neuronal..."
    assert run.report["strength"] == "Intensité"
    assert run.report["sentence"].startswith("Aucune image de style n’a été choisie.")
    beginning = "Il n’y a pas assez de mémoire pour une image de 800 × 600 pixels"
    assert run.report["said"] == [
        f"{beginning}.",
        f"{beginning}, qui en demande environ 3.1 GB.",
        "Réessayez dans un instant.",
        "?",
    ]
    assert run.report["decimals"] == ["1,2", "2,0", "30,0"]


def test_the_daemon_still_says_what_is_translated_as_a_whole() -> None:
    said = [pattern for room in ROOMS for path in room.rglob("*.py") for pattern in _said(path)]
    for sentence in marked_in(PLUGIN / "sentences.py"):
        example = re.sub(r"\{\w+\}", "7", sentence)
        assert any(re.fullmatch(pattern, example) for pattern in said), sentence


def _said(path: Path) -> Iterator[str]:
    """The texts of a source as patterns, in which a value may be anything."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(p.value) if isinstance(p, ast.Constant) else ".*" for p in node.values
            ]
            if any(len(part) > 6 for part in parts):  # not a text of values alone
                yield "".join(parts)
