"""The plug-in's texts: every one is translated, and GIMP shows them in its own language."""

from __future__ import annotations

import errno
import gettext
import os
import string
from pathlib import Path
from typing import Any

import pytest

from gimp.batch import BatchGimp
from gimp.gimp_root import REPOSITORY
from gimp.plugin_words import TEMPLATE, every_word, template
from neural_style.engine.checks import check_size
from neural_style.engine.plan.planner import out_of_memory
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import InputError, NeuralStyleError, StorageError, WorkerError
from neural_style_protocol.messages import decode_from_daemon, encode
from neural_style_protocol.phrases import Duration, Phrase, reason, render
from neural_style_protocol.settings import Settings

PLUGIN = REPOSITORY / "gimp_plugin" / "neural-style"
CATALOGUES = sorted((PLUGIN / "locale").glob("*/LC_MESSAGES/neural-style.mo"))


def _fields(text: str) -> list[tuple[str | None, str | None]]:
    return sorted((name or "", form or "") for _, name, form, _ in string.Formatter().parse(text))


def _catalogue(path: Path) -> Any:
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def in_french(error: NeuralStyleError) -> str:
    """An error as it is read in French from the message that carries it."""
    (path,) = (path for path in CATALOGUES if path.parents[1].name == "fr")
    reply, _ = decode_from_daemon(encode(ErrorReply.of(error)))
    assert isinstance(reply, ErrorReply)
    arrived, translate = reply.exception(), _catalogue(path).gettext
    return " ".join(render(phrase, translate) for phrase in (arrived.what, arrived.advice))


def test_the_template_has_every_message() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == template()


def test_there_is_a_french_catalogue() -> None:
    assert "fr" in [path.parents[1].name for path in CATALOGUES]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_catalogue_is_complete(path: Path) -> None:
    catalogue = _catalogue(path)
    words = every_word()
    assert set(catalogue._catalog) - {""} == words
    assert "" not in {catalogue.gettext(text) for text in words}
    for text in words:
        filled, wanted = _fields(catalogue.gettext(text)), _fields(text)
        assert [f for f in filled if f[0]] == [f for f in wanted if f[0]], text


def test_a_size_in_french() -> None:
    assert in_french(out_of_memory((600, 800), 3_100_000_000, 3_500_000_000)) == (
        "Il n’y a pas assez de mémoire pour une image de 800 × 600 pixels, qui en demande environ "
        "3,1 Go. 3,5 Go sont libres, dont 2,8 Go sont utilisables. Choisissez une taille plus "
        "petite, ou fermez d’autres programmes."
    )
    assert "environ 520 Mo." in in_french(out_of_memory((600, 800), 523_000_000))


def test_a_number_and_a_setting_in_french() -> None:
    with pytest.raises(NeuralStyleError) as refused:
        Settings(strength=100.5)
    assert in_french(refused.value) == (
        "Intensité : la valeur ne peut pas être 100,5 %. Choisissez une valeur de 0 à 100 %."
    )


def test_a_time_in_french() -> None:
    error = WorkerError("The daemon has not answered for {time}.", time=Duration(200))
    assert in_french(error).startswith("Le service ne répond plus depuis 3 min 20 s. ")


def test_what_the_system_says_in_french() -> None:
    full = reason(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    error = StorageError("The picture cannot be stored ({reason}).", reason=full)
    assert in_french(error) == (
        "L’image ne peut pas être enregistrée (il n’y a plus de place sur le disque). Vérifiez "
        "l’espace libre et les droits."
    )


def test_a_sentence_in_a_sentence_in_french() -> None:
    with pytest.raises(InputError) as refused:
        check_size((12, 800))
    kept = "{problem} The picture is kept in memory until the daemon ends."
    assert in_french(StorageError(kept, next_step="", problem=refused.value.what)) == (
        "L’image serait calculée en 800 × 12 pixels, or il en faut au moins 16 de chaque côté. "
        "L’image est gardée en mémoire jusqu’à l’arrêt du service. "
    )


def test_what_no_catalogue_has_is_shown_in_english() -> None:
    error = WorkerError("Something of {year}.", next_step="See {it}.", year=2030, it=Phrase("it"))
    assert in_french(error) == "Something of 2030. See it."


@pytest.mark.gimp
@pytest.mark.timeout(600)
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
        sys.path[:0] = [plugin, plugin + "/vendor"]
        import locale
        locale.bindtextdomain("neural-style", plugin + "/locale")
        locale.textdomain("neural-style")
        from neural_style_protocol.errors import WorkerError
        from neural_style_protocol.phrases import Amount, Phrase
        from sentences import decimal, duration, error_text, words_of
        memory = "There is not enough memory for a picture of {{width}} × {{height}} pixels"
        size = dict(width=800, height=600)
        amounts = dict(amount=3_100_000_000, free=3_500_000_000, usable=2_800_000_000)
        about = dict(size, **{{name: Amount(amounts[name]) for name in amounts}})
        needed = "takes about {{amount}}. {{free}} are free, and {{usable}} of them can be used."
        said = [
            Phrase(memory + ".", size),
            Phrase(memory + ", which " + needed, about),
            Phrase("Try again in a moment."),
            Phrase("?"),
            Phrase(""),
            Phrase("nul: \\0, {{broken}}", dict(broken="\\0\\udce9")),
        ]
        report(
            label=procedure.get_menu_label(), sentence=sentence, strength=strength.nick,
            said=[words_of(phrase) for phrase in said],
            error=error_text(WorkerError(memory + ".", next_step="Connect again.", **size)),
            other=error_text(ValueError("?")),
            time=duration(200),
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
        f"{beginning}, qui en demande environ 3,1 Go. 3,5 Go sont libres, dont 2,8 Go sont "
        "utilisables.",
        "Réessayez dans un instant.",
        "?",
        "",
        "nul: \ufffd, \ufffd?",
    ]
    assert run.report["error"] == f"{beginning}. Reconnectez-vous."
    assert (run.report["other"], run.report["time"]) == ("?", "3 min 20 s")
    assert run.report["decimals"] == ["1,2", "2,0", "30,0"]
