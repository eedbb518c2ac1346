"""The window after a run: continue further, go back, keep or discard the layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from gimp.inside import run_inside
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


def test_nothing_coarse_replaces_a_finished_picture(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """Adjusted, the stand-in's picture is inverted; painted further, it was the photograph."""
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    ended = desktop.window(PAINTED)
    desktop.keys(ended, "alt+f")
    wait_for("the finished picture", lambda: not differs(desktop.canvas(), photo))
    Script(endless=True, coarse=True, seconds_per_step=0.05).write(standin.home.root)

    def adjust(ended: str) -> str:
        desktop.keys(ended, "alt+a")
        desktop.keys(desktop.window("^Adjust the painting$"), "alt+p")
        running = desktop.window(PAINTING)
        desktop.move_aside(running)
        wait_for("a coarse preview", lambda: differs(desktop.canvas(), photo))
        return running

    running = adjust(desktop.window(PAINTED))
    desktop.keep_screenshot("still-coarse")
    desktop.keys(running, "alt+s")
    ended = desktop.window(PAINTED)
    wait_for("the picture before", lambda: not differs(desktop.canvas(), photo))
    desktop.keep_screenshot("stopped-early")

    running = adjust(ended)
    standin.kill()
    desktop.wait_until_still()
    desktop.keys(running, "Escape")
    wait_for("the window to close", lambda: not desktop.has_window(PAINTING))
    wait_for("the picture before", lambda: not differs(desktop.canvas(), photo))

    Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
    desktop.start_by_name(main, "adjust paint")
    desktop.keys(desktop.window("^Adjust the painting$"), "alt+p")
    running = desktop.window(PAINTING)
    desktop.move_aside(running)
    wait_for("a fine preview", lambda: differs(desktop.canvas(), photo))
    desktop.keys(running, "alt+s")
    ended = desktop.window(PAINTED)
    assert differs(desktop.canvas(), photo)
    desktop.keys(ended, "Return")


def test_steps_and_loss_are_told_to_those_who_ask(
    quick_gimp: BatchGimp, quick_desktop: Desktop
) -> None:
    run = run_inside(
        quick_gimp,
        """
        import run_view
        view = run_view.RunView("palace", print)
        view.show_running(continued=False)
        view.say("Painting…")
        view.show_progress(0.5, "50 %", "Step 5 of 10, at 64 × 48 pixels", 3.0)
        view.show_progress(0.6, "60 %", "Step 6 of 10, at 64 × 48 pixels", 2.0)
        live(0.5)
        window = view._window

        def shows(words):  # what a closed expander has inside is one pixel high
            return any(words in label.get_text() and label.get_allocation().height > 1
                       for label in all_of(window, Gtk.Label) if label.get_mapped())

        at_first = shows("Painting"), shows("Step 6"), shows("▁")
        details, = all_of(window, Gtk.Expander)
        details.set_expanded(True)
        live(0.5)
        opened = shows("Step 6"), shows("▁")
        view.show_ended("Finished.", can_continue=True, can_adjust=True)
        live(0.5)
        report(at_first=at_first, opened=opened, ended=shows("Step 6"))
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "at_first": [True, False, False],
        "opened": [True, True],
        "ended": False,
    }, run.output
