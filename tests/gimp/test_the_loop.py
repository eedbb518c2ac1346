"""What painters do with the window of a run: watch, undo, close, adjust, and paint again."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.desktop import CANVAS, SCREEN, Desktop, differs, wait_for
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

PAINTING, PAINTED = "^Painting –", "^Painted –"

SCREEN_HEIGHT = int(SCREEN.split("x")[1])
ENDLESS = Script(endless=True, seconds_per_step=0.05)


def test_the_window_is_small_above_gimp_and_asks_before_it_stops(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    ENDLESS.write(standin.home.root)
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    running = desktop.window(PAINTING)
    assert "palace" in desktop.title(running)
    assert desktop.is_above(running, main)
    wait_for("a preview in the layer", lambda: differs(desktop.canvas(), photo))
    desktop.keep_screenshot("forming-beside-its-window")

    desktop.keys(running, "Escape")
    assert desktop.stays(PAINTING)
    desktop.keep_screenshot("it-asks")
    left, top, width, height = desktop.place(running)
    assert left + width < CANVAS[0] or top > CANVAS[3]
    assert (height < 260, top + height <= SCREEN_HEIGHT) == (True, True)
    desktop.keys(running, "alt+k")
    desktop.close_window(running)
    assert desktop.stays(PAINTING)
    desktop.keys(running, "alt+s")
    ended = desktop.window(PAINTED)
    Script().write(standin.home.root)
    desktop.keys(ended, "alt+f")
    wait_for("the picture painted further", lambda: not differs(desktop.canvas(), photo))
    desktop.keys(desktop.window(PAINTED), "Escape")
    wait_for("the window to close", lambda: not desktop.has_window(PAINTED))
    assert "2 layers" in desktop.title(main)


def test_strokes_and_undo_while_the_layer_forms(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    ENDLESS.write(standin.home.root)
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    running = desktop.window(PAINTING)
    wait_for("a preview in the layer", lambda: differs(desktop.canvas(), photo))
    with standin.client() as client:
        (job,) = (job.job for job in client.jobs() if job.state == "running")
        client.change(job, "pause")
        wait_for("the pause", lambda: client.job(job).state == "paused")
        desktop.wait_until_still()
        forming = desktop.canvas()
        desktop.keys(main, "ctrl+comma")  # fills the layer, unless it is locked
        desktop.wait_until_still()
        assert not differs(desktop.canvas(), forming)
        client.change(job, "resume")

    desktop.keys(main, "ctrl+z")
    wait_for("the layer to go", lambda: "2 layers" not in desktop.title(main))
    wait_for("the photograph", lambda: not differs(desktop.canvas(), photo))
    assert desktop.stays(PAINTING)
    desktop.keep_screenshot("undone-while-it-forms")
    desktop.keys(main, "ctrl+y")
    wait_for("the layer to come back", lambda: "2 layers" in desktop.title(main))
    wait_for("its picture", lambda: differs(desktop.canvas(), photo))
    desktop.keys(running, "alt+s")
    desktop.keys(desktop.window(PAINTED), "Return")
    wait_for("the window to close", lambda: not desktop.has_window(PAINTED))

    # What is finished can be painted on, and is no longer locked.
    desktop.wait_until_still()
    painted = desktop.canvas()
    desktop.keys(main, "ctrl+comma")
    wait_for("the filled layer", lambda: differs(desktop.canvas(), painted))
    desktop.keys(main, "ctrl+z", "ctrl+z")
    wait_for("the layer to go", lambda: "2 layers" not in desktop.title(main))


def test_painting_again_paints_the_original(
    quick_desktop: Desktop, larger_photo: Path, images: Path
) -> None:
    """The stand-in inverts colours, so a painting of the painting would be the photograph."""
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    desktop.keys(desktop.window(PAINTED), "Return")
    wait_for("the picture", lambda: differs(desktop.canvas(), photo))
    painted = desktop.canvas()

    desktop.keys(main, "ctrl+f")
    ended = desktop.window(PAINTED)
    wait_for("another layer", lambda: "3 layers" in desktop.title(main))
    assert not differs(desktop.canvas(), painted)
    desktop.keys(ended, "Return")
    wait_for("the window to close", lambda: not desktop.has_window(PAINTED))

    dialog = desktop.start_filter(main)
    desktop.wait_until_still()
    desktop.keep_screenshot("the-dialog-names-its-source")
    desktop.keys(dialog, "alt+p")
    ended = desktop.window(PAINTED)
    wait_for("another layer", lambda: "4 layers" in desktop.title(main))
    assert not differs(desktop.canvas(), painted)
    desktop.keys(ended, "Return")


def test_a_painting_is_adjusted_in_place_in_one_undo_step(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """Painted further, the stand-in's picture is the photograph; adjusted, it is inverted again."""
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    ended = desktop.window(PAINTED)
    desktop.keys(ended, "alt+f")
    wait_for("the picture painted further", lambda: not differs(desktop.canvas(), photo))
    ended = desktop.window(PAINTED)
    desktop.keep_screenshot("ended")
    desktop.keys(ended, "alt+a")
    adjusting = desktop.window("^Adjust the painting$")
    desktop.keep_screenshot("adjusting")
    desktop.keys(adjusting, "alt+p")
    ended = desktop.window(PAINTED)
    wait_for("the other picture", lambda: differs(desktop.canvas(), photo))
    assert "2 layers" in desktop.title(main)
    desktop.keys(ended, "Return")
    wait_for("the window to close", lambda: not desktop.has_window(PAINTED))
    desktop.keys(main, "ctrl+z")
    wait_for("the picture before", lambda: not differs(desktop.canvas(), photo))
    assert "2 layers" in desktop.title(main)
    desktop.keys(main, "ctrl+z")
    wait_for("the layer to go", lambda: "2 layers" not in desktop.title(main))
