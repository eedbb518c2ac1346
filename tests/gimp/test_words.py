"""The plug-in's words: every one is translated, and GIMP shows them in its own language."""

from __future__ import annotations

import gettext
import string
from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.gimp_root import REPOSITORY
from gimp.plugin_words import TEMPLATE, template, words_of_the_plugin

PLUGIN = REPOSITORY / "gimp_plugin" / "neural-style"
CATALOGUES = sorted((PLUGIN / "locale").glob("*/LC_MESSAGES/neural-style.mo"))


def _fields(text: str) -> list[tuple[str | None, str | None]]:
    return sorted((name or "", form or "") for _, name, form, _ in string.Formatter().parse(text))


def test_the_template_has_every_word() -> None:
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
        report(label=procedure.get_menu_label(), sentence=sentence, strength=strength.nick)
        """,
        language="fr",
    )
    assert run.report, run.output
    assert run.report["label"] == "_Style neuronal..."
    assert run.report["strength"] == "Intensité"
    assert run.report["sentence"].startswith("Aucune image de style n’a été choisie.")
