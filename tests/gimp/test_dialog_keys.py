"""The dialog, used by keyboard and found by its words; what it does when its daemon dies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gimp.desktop import Desktop, differs, wait_for
from gimp.test_dialog import asks_no_more, previews_asked
from service.standin_daemon import StandinDaemon

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

FIRST_STYLE = (508, 108)
"""The middle of the first thumbnail."""

ALL, FAVOURITES = (570, 40), (628, 40)
"""Places on two buttons beside their labels; the first is switched on."""

PICTURE = (30, 120, 440, 300)
"""A part of the screen that is in the preview."""

FOUND_BY = {
    "style transfer": (),
    "artistic": (),
    "van gogh": ("Down",),  # the first is a filter that bears the name
    "painting": ("Down",),  # the first has the word in its name
}
"""The words of somebody who does not know the filter, and the keys from the first hit to it."""


def test_tab_passes_the_gallery_and_arrows_choose_in_it(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    samples = standin.home.root / "sample"
    samples.mkdir()
    for name in "abc":
        shutil.copy(images / "strokes.png", samples / f"{name}.png")
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    dialog = desktop.start_filter(main)
    wait_for("a preview", lambda: previews_asked(standin) == 1)
    desktop.wait_until_still()
    screen = desktop.screen()
    colours = [screen.getpixel(place) for place in (ALL, FAVOURITES)]
    apart = max(abs(one - other) for one, other in zip(*colours, strict=True))
    assert apart > 60, "a button that is switched on hardly differs from the others"

    for _press in range(30):  # around the whole dialog
        desktop.keys(dialog, "Tab")
    assert asks_no_more(standin)
    assert previews_asked(standin) == 1
    desktop.click(FIRST_STYLE)
    desktop.keys(dialog, "Right")
    wait_for("its preview", lambda: previews_asked(standin) == 2)
    desktop.keys(dialog, "End", "Tab", "shift+Tab", "Left")
    wait_for("another preview", lambda: previews_asked(standin) == 3)
    assert asks_no_more(standin)
    desktop.keep_screenshot("chosen-by-arrows")
    desktop.keys(dialog, "alt+p")
    used = standin.home.root / "recent-styles.json"
    wait_for("the painting", used.exists)
    assert Path(json.loads(used.read_text(encoding="utf-8"))[0]).name == "b.png"


def test_the_filter_is_found_by_its_words(quick_desktop: Desktop, larger_photo: Path) -> None:
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    for words, keys in FOUND_BY.items():
        desktop.keys(main, "Escape", "slash")
        search = desktop.window("^Search Actions")
        desktop.type(search, words)
        desktop.wait_until_still()
        desktop.keys(search, *keys, "Return")
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
    wait_for("a preview", lambda: previews_asked(standin) == 1)
    desktop.wait_until_still()
    painted = desktop.screen().crop(PICTURE)
    standin.kill()
    log = standin.home.logs / "daemon.log"
    starts = log.read_text(encoding="utf-8").count("from 'GIMP'")
    wait_for("a preview by the next daemon", lambda: previews_asked(standin) > starts)
    desktop.wait_until_still()
    assert not differs(desktop.screen().crop(PICTURE), painted)
    desktop.keep_screenshot("daemon-came-back")
    desktop.keys(dialog, "Escape")
