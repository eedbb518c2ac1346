"""The window after a run: continue further, go back, keep or discard the layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.desktop import Desktop, differs, wait_for
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

PAINTING, PAINTED = "^Painting –", "^Painted –"


def test_continue_further_go_back_and_discard(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """The stand-in inverts its initial picture, so the second run restores the photograph."""
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    ended = desktop.window(PAINTED)
    desktop.move_aside(ended)
    wait_for("the picture", lambda: differs(desktop.canvas(), photo))
    painted = desktop.canvas()
    desktop.keep_screenshot("ended")

    desktop.keys(ended, "alt+f")
    wait_for("the picture painted further", lambda: not differs(desktop.canvas(), photo))
    ended = desktop.window(PAINTED)

    Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
    desktop.keys(ended, "alt+f")
    running = desktop.window(PAINTING)
    wait_for("a preview of the third run", lambda: not differs(desktop.canvas(), painted))
    desktop.keep_screenshot("going-on")
    desktop.keys(running, "alt+g")
    ended = desktop.window(PAINTED)
    wait_for("the picture of the second run", lambda: not differs(desktop.canvas(), photo))

    desktop.keys(ended, "alt+c")
    wait_for("the window to close", lambda: not desktop.has_window(PAINTED))
    assert "2 layers" in desktop.title(main)
    desktop.keys(main, "ctrl+z")
    wait_for("the one undo", lambda: "2 layers" not in desktop.title(main))

    Script().write(standin.home.root)
    desktop.keys(main, "ctrl+f")
    ended = desktop.window(PAINTED)
    wait_for("the layer", lambda: "2 layers" in desktop.title(main))
    desktop.keys(ended, "alt+d")
    wait_for("the layer to go", lambda: "2 layers" not in desktop.title(main))
    assert not desktop.has_window(PAINTED)


def test_the_daemon_dies_and_the_run_goes_on(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """The window stays and offers to resume, which starts another daemon."""
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
    desktop.paint(main, images / "flower.jpg")
    running = desktop.window(PAINTING)
    desktop.move_aside(running)
    wait_for("a preview in the layer", lambda: differs(desktop.canvas(), photo))
    standin.kill()
    Script(steps=30, seconds_per_step=0.01).write(standin.home.root)

    def goes_on() -> bool:
        desktop.keys(running, "alt+r")
        return desktop.has_window(PAINTED)

    wait_for("the end after all", goes_on)
    desktop.keep_screenshot("went-on")
    desktop.keys(desktop.window(PAINTED), "Return")
    assert "2 layers" in desktop.title(main)
