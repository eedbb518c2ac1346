"""The Help button and F1 open the plug-in's help page in the user's browser."""

from __future__ import annotations

import gettext
import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gimp.desktop import Desktop, wait_for
from gimp.gimp_root import REPOSITORY
from gimp.plugin_words import words_of_the_plugin

PLUGIN = REPOSITORY / "gimp_plugin" / "neural-style"
HELP = PLUGIN / "help"
PAGES = sorted(HELP.glob("*/index.html"))
F1 = "67"
"""The key itself. By its name, xdotool presses Alt with it on the keymap of GIMP 3.2's system."""

GIMPS_OWN = {"Image > Mode > RGB", "Image > Mode > RVB"}


def words_on_the_buttons(language: str) -> set[str]:
    """The plug-in's labels in that language, without mnemonics; only the first word of presets."""
    words = words_of_the_plugin()
    if language != "en":
        with (PLUGIN / "locale" / language / "LC_MESSAGES" / "neural-style.mo").open("rb") as file:
            catalogue = gettext.GNUTranslations(file)
        words = {catalogue.gettext(word) for word in words}
    plain = {word.replace("_", "") for word in words}
    return plain | {word.split(":")[0].strip() for word in plain}


def test_every_language_has_a_help_page() -> None:
    languages = {path.parents[1].name for path in PLUGIN.glob("locale/*/LC_MESSAGES/*.mo")}
    assert {path.parent.name for path in PAGES} == languages | {"en"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_page_uses_the_names_of_the_dialog(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"<em>(.*?)</em>", text, re.DOTALL) + re.findall(r"<dt>(.*?)</dt>", text)
    assert len(named) > 20
    said = {" ".join(html.unescape(name).split()).removeprefix("☆ ") for name in named}
    assert said - words_on_the_buttons(page.parent.name) - GIMPS_OWN == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_gimp_finds_the_page_by_the_procedures_name(page: Path) -> None:
    items = ElementTree.parse(page.with_name("gimp-help.xml")).getroot()
    pages = {item.get("id"): item.get("ref") for item in items}
    names = [f"plug-in-neural-style{more}" for more in ("", "-adjust", "-batch")]
    assert pages == dict.fromkeys(names, page.name)


def install_browser(home: Path, told: Path) -> None:
    """A browser that records what it should show."""
    script = told.with_suffix(".sh")
    script.write_text(f'#!/bin/sh\necho "$1" >>{told}\n', encoding="utf-8")
    script.chmod(0o755)
    applications = home / ".local" / "share" / "applications"
    applications.mkdir(parents=True)
    (applications / "reader.desktop").write_text(
        f"[Desktop Entry]\nType=Application\nName=Reader\nExec={script} %u\n"
        "MimeType=text/html;x-scheme-handler/file;x-scheme-handler/https;\n",
        encoding="utf-8",
    )
    config = home / ".config"
    config.mkdir()
    (config / "mimeapps.list").write_text(
        "[Default Applications]\ntext/html=reader.desktop\n", encoding="utf-8"
    )


@pytest.mark.gimp
@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_help_opens_the_page(
    quick_desktop: Desktop, larger_photo: Path, tmp_path: Path, language: str
) -> None:
    told = tmp_path / "told.txt"
    install_browser(quick_desktop.home, told)
    # GIMP remembers the path of a plug-in's page until the plug-in changes; this one has moved.
    (quick_desktop.home / "plug-ins" / "neural-style" / "neural-style.py").touch()
    quick_desktop.speak(language)
    main = quick_desktop.start_gimp(larger_photo)
    dialog = quick_desktop.start_filter(main)

    def shown() -> int:
        return len(told.read_text(encoding="utf-8").split()) if told.exists() else 0

    quick_desktop.wait_until_still()  # a dialog that has just opened does not take the key
    for presses, key in enumerate(("alt+h", F1), start=1):
        quick_desktop.keys(dialog, key)
        wait_for("the browser", lambda presses=presses: shown() == presses)
    (page,) = set(told.read_text(encoding="utf-8").split())
    assert page.endswith(f"/plug-ins/neural-style/help/{language}/index.html")
    assert Path(page.removeprefix("file://")).is_file()
