"""The Help button opens the plug-in's own page in the person's browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gimp.desktop import Desktop, wait_for

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(300)]


def install_browser(home: Path, told: Path) -> None:
    """A browser that writes down what it was asked to show."""
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


@pytest.mark.parametrize("language", ["en", "fr"])
def test_help_opens_the_page(
    quick_desktop: Desktop, larger_photo: Path, tmp_path: Path, language: str
) -> None:
    told = tmp_path / "told.txt"
    install_browser(quick_desktop.home, told)
    # GIMP remembers where the page of a plug-in is until the plug-in changes; this one has moved.
    (quick_desktop.home / "plug-ins" / "neural-style" / "neural-style.py").touch()
    quick_desktop.speak(language)
    main = quick_desktop.start_gimp(larger_photo)
    dialog = quick_desktop.start_filter(main)
    time.sleep(2.0)  # a dialog that has just opened does not take the key
    quick_desktop.keys(dialog, "alt+h")
    wait_for("the browser", told.exists)
    (page,) = set(told.read_text(encoding="utf-8").split())
    assert page.endswith(f"/plug-ins/neural-style/help/{language}/index.html")
    assert Path(page.removeprefix("file://")).is_file()
