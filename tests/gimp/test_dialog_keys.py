"""The dialog, used by keyboard and found by its words; what it does when its daemon dies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from gimp.test_dialog import asks_no_more, previews_asked
from service.standin_daemon import StandinDaemon

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

FIRST_STYLE = (508, 108)
"""The middle of the first thumbnail."""

ALL, FAVOURITES = (571, 54), (629, 54)
"""Places on two buttons beside their labels; the first is switched on."""

PICTURE = (30, 120, 440, 300)
"""A part of the screen that is in the preview."""

WORDS = ("style transfer", "artistic", "van gogh", "painting")
"""What somebody types who does not know the filter; GIMP looks for it in what the filter says."""


def test_tab_passes_the_gallery_and_arrows_choose_in_it(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    samples = standin.home.root / "sample"
    samples.mkdir()
    with Image.open(images / "strokes.png") as strokes:
        for turns, name in enumerate("abc"):
            strokes.rotate(90 * turns, expand=True).save(samples / f"{name}.png")
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    dialog = desktop.start_filter(main)
    wait_for("a preview", lambda: previews_asked(standin) > 0)
    wait_for("its refinement", lambda: asks_no_more(standin))
    desktop.wait_until_still()
    asked = previews_asked(standin)
    screen = desktop.screen()
    colours = [screen.getpixel(place) for place in (ALL, FAVOURITES)]
    apart = max(abs(one - other) for one, other in zip(*colours, strict=True))
    assert apart > 60, "a button that is switched on hardly differs from the others"

    for _press in range(30):  # around the whole dialog
        desktop.keys(dialog, "Tab")
    assert asks_no_more(standin)
    assert previews_asked(standin) == asked
    desktop.click(FIRST_STYLE)
    for key in ("Right", "End"):
        before = previews_asked(standin)
        desktop.keys(dialog, key)
        wait_for("its preview", lambda before=before: previews_asked(standin) > before)
    desktop.keys(dialog, "Tab", "shift+Tab", "Left")  # to one whose preview is kept
    desktop.keep_screenshot("chosen-by-arrows")
    desktop.keys(dialog, "alt+p")
    used = standin.home.root / "recent-styles.json"
    wait_for("the painting", used.exists)
    assert Path(json.loads(used.read_text(encoding="utf-8"))[0]).name == "b.png"


def test_the_filter_is_found_by_its_words(
    quick_desktop: Desktop, gimp: BatchGimp, larger_photo: Path
) -> None:
    run = gimp.python("""
        report(blurb=Gimp.get_pdb().lookup_procedure("plug-in-neural-style").get_blurb())
    """)
    assert [word for word in WORDS if word not in run.report["blurb"].casefold()] == []
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    for words in WORDS[:2]:  # the others have a hit before it that bears the word in its name
        desktop.keys(main, "Escape", "slash")
        search = desktop.window("^Search Actions")
        desktop.type(search, words)
        desktop.wait_until_still()
        desktop.keys(search, "Return")
        dialog = desktop.window("^Neural Style$")
        desktop.keys(dialog, "Escape")
        wait_for("the dialog to close", lambda: not desktop.has_window("^Neural Style$"))


def test_a_dialog_whose_daemon_dies_goes_on_by_itself(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    dialog = desktop.start_filter(main)
    desktop.choose_style(dialog, images / "flower.jpg")
    wait_for("a preview", lambda: previews_asked(standin) > 0)
    wait_for("its refinement", lambda: asks_no_more(standin))
    desktop.wait_until_still()
    asked = previews_asked(standin)
    painted = desktop.screen().crop(PICTURE)
    standin.kill()
    desktop.wait_until_still()
    assert not differs(desktop.screen().crop(PICTURE), painted)
    desktop.keys(dialog, "alt+t", "Page_Up")
    wait_for("a preview by the next daemon", lambda: previews_asked(standin) > asked)
    desktop.keep_screenshot("daemon-came-back")
    desktop.keys(dialog, "Escape")
