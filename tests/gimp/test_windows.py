"""The filter as a user sees it: dialog, run window, the layer forming, stopping, undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

RUN, ENDED = "^Painting –", "^Painted –"


@pytest.fixture
def desktop(gimp: BatchGimp, home: Home, tmp_path: Path) -> Iterator[Desktop]:
    """An empty display, and a separate profile."""
    profile = gimp.profile.copy(tmp_path / "profile")
    made = Desktop(gimp.root, profile, tmp_path, home.root)
    yield made
    made.keep_screenshot("last")
    made.close()


def test_paint_watch_undo_discard_and_stop(
    desktop: Desktop, larger_photo: Path, images: Path, home: Home
) -> None:
    main = desktop.start_gimp(larger_photo)
    untouched = desktop.canvas()

    dialog = desktop.start_filter(main)
    unpainted = preview_part(desktop)
    desktop.choose_style(dialog, images / "strokes.png")
    desktop.keys(dialog, "alt+e", "End", "Up")  # preset: high, which takes long enough to observe
    desktop.keys(dialog, "alt+t", "Page_Up", "Page_Up")  # strength: 70 %
    wait_for("a live preview", lambda: differs(preview_part(desktop), unpainted, 40))
    desktop.keep_screenshot("live-preview")
    desktop.keys(dialog, "alt+p")

    first = watch_it_form(desktop, main, untouched)
    desktop.keep_screenshot("forming")
    wait_for("more of it", lambda: differs(desktop.canvas(), first))
    desktop.keep_screenshot("forming")
    desktop.keys(desktop.window(RUN), "alt+d")
    wait_for("the window to close", lambda: not desktop.has_window(RUN))
    wait_for("the layer to go", lambda: "2 layers" not in desktop.title(main))
    wait_for("the old picture", lambda: not differs(desktop.canvas(), untouched))
    desktop.keep_screenshot("discarded")

    used = json.loads((home.root / "recent-styles.json").read_text(encoding="utf-8"))
    assert used[0] == str(images / "strokes.png")

    # A discarded picture can be painted again with other settings, or the same.
    desktop.keys(main, "ctrl+a")  # a selection gives the layer a mask, which the same undo removes
    desktop.keys(main, "ctrl+f")  # GIMP's own "repeat", without the dialog
    watch_it_form(desktop, main, untouched)
    desktop.keys(desktop.window(RUN), "alt+s")
    desktop.keys(desktop.window(ENDED), "Escape")
    wait_for("the window to close", lambda: not desktop.has_window(ENDED))
    assert "2 layers" in desktop.title(main)
    assert differs(desktop.canvas(), untouched)
    desktop.keep_screenshot("stopped-and-kept")
    desktop.keys(main, "ctrl+z")
    wait_for("the undo", lambda: "2 layers" not in desktop.title(main))
    wait_for("the old picture", lambda: not differs(desktop.canvas(), untouched))
    desktop.keep_screenshot("undone")

    desktop.keys(main, "ctrl+shift+a")  # select nothing
    dialog = desktop.start_filter(main)
    desktop.keys(dialog, "alt+e", "Home")  # preset: draft
    desktop.keys(dialog, "alt+p")
    ended = desktop.window(ENDED, 240)
    wait_for("the picture", lambda: differs(desktop.canvas(), untouched))
    desktop.keep_screenshot("finished")
    desktop.keys(ended, "Return")  # close
    wait_for("the window to close", lambda: not desktop.has_window(ENDED))
    assert "2 layers" in desktop.title(main)


def test_going_on_never_leaves_a_coarser_picture(
    desktop: Desktop, larger_photo: Path, images: Path
) -> None:
    """However soon it is stopped: the picture has the detail that it had before."""
    main = desktop.start_gimp(larger_photo)
    untouched = desktop.canvas()
    dialog = desktop.start_filter(main)
    desktop.choose_style(dialog, images / "strokes.png")
    desktop.keys(dialog, "alt+e", "Home")  # preset: draft
    desktop.keys(dialog, "alt+p")
    ended = desktop.window(ENDED, 240)
    wait_for("the picture", lambda: differs(desktop.canvas(), untouched))
    desktop.wait_until_still()
    painted = desktop.canvas()
    desktop.keys(ended, "alt+f")
    running = desktop.window(RUN)

    def goes_on() -> bool:
        return differs(desktop.canvas(), painted) or desktop.has_window(ENDED)

    wait_for("the picture to change", goes_on)
    desktop.keys(running, "alt+s")
    desktop.window(ENDED, 240)
    desktop.wait_until_still()
    desktop.keep_screenshot("stopped-while-it-went-on")
    assert detail(desktop.canvas()) > 0.9 * detail(painted)


def test_picture_of_a_closed_gimp_is_fetched(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """The daemon finishes it meanwhile."""
    Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    untouched = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    watch_it_form(desktop, main, untouched)
    desktop.end_gimp()
    Script().write(standin.home.root)

    main = desktop.start_gimp(larger_photo)
    dialog = desktop.start_filter(main)
    desktop.keep_screenshot("a-picture-waits")
    desktop.keys(dialog, "alt+n")
    wait_for("the layer", lambda: "2 layers" in desktop.title(main))
    ended = desktop.window(ENDED)
    assert differs(desktop.canvas(), untouched)
    desktop.keep_screenshot("fetched")
    desktop.keys(ended, "Return")


def watch_it_form(desktop: Desktop, main: str, before: Image.Image) -> Image.Image:
    """The canvas when a running picture first shows in its new layer."""
    run = desktop.window(RUN)
    desktop.move_aside(run)
    wait_for("the new layer", lambda: "2 layers" in desktop.title(main))
    seen: list[Image.Image] = []

    def shows() -> bool:
        seen[:] = [desktop.canvas()]
        return differs(seen[0], before)

    wait_for("the layer to change", shows)
    assert desktop.has_window(RUN), "it was over before it was seen forming"
    return seen[0]


def detail(picture: Image.Image) -> float:
    """How much a small blur changes a picture."""
    smooth = picture.filter(ImageFilter.GaussianBlur(1.5))
    return sum(ImageStat.Stat(ImageChops.difference(picture, smooth)).mean)


def preview_part(desktop: Desktop) -> Image.Image:
    """The left half of the dialog, which is in the screen's corner."""
    return desktop.screen().crop((30, 60, 440, 330))
