"""The dialog, used by keyboard: the preview's line and zoom, favourites, the estimate."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from gimp.gimp_profile import Profile, outside
from gimp.gimp_root import end
from service.standin_daemon import COMMAND, StandinDaemon

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

LEFT, RIGHT = (30, 120, 200, 320), (250, 120, 420, 320)
"""Parts of the screen in the two halves of the preview's picture."""


STATE = (20, 440, 445, 492)
"""The area of the dialog that shows the state of the daemon."""

TRY_AGAIN = "alt+y"
PREVIEW = (230, 200)
"""The middle of the preview."""


def test_preview_is_split_and_zoomed_and_a_style_is_starred(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path, tmp_path: Path
) -> None:
    """In a dialog that found no daemon installed at first."""
    desktop = quick_desktop
    command = tmp_path / "neural-style"
    Profile(desktop.home).use(standin.home.root, [str(command)])
    main = desktop.start_gimp(larger_photo)
    dialog = desktop.start_filter(main)
    desktop.keep_screenshot("not-installed")
    told = desktop.screen().crop(STATE)
    command.write_text(f'#!/bin/sh\nexec {shlex.join(outside(*COMMAND))} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    desktop.keys(dialog, TRY_AGAIN)
    wait_for("other words", lambda: differs(desktop.screen().crop(STATE), told))
    desktop.wait_until_still()  # the picture moves when the text takes less space
    before = desktop.screen()

    def is_painted(part: tuple[int, int, int, int]) -> bool:
        return differs(desktop.screen().crop(part), before.crop(part))

    desktop.choose_style(dialog, images / "flower.jpg")
    wait_for("the preview", lambda: is_painted(LEFT) and is_painted(RIGHT))
    with desktop.held(PREVIEW):
        wait_for("all as it was", lambda: not is_painted(RIGHT) and not is_painted(LEFT))
    wait_for("the preview", lambda: is_painted(LEFT) and is_painted(RIGHT))
    whole = desktop.screen().crop(LEFT)
    desktop.click(PREVIEW)
    wait_for("a part at 100 %", lambda: differs(desktop.screen().crop(LEFT), whole))
    desktop.keys(dialog, "alt+1")
    wait_for("all of it again", lambda: not differs(desktop.screen().crop(LEFT), whole))
    desktop.keys(dialog, "alt+i")
    wait_for("the line", lambda: is_painted(RIGHT) and not is_painted(LEFT))
    desktop.keep_screenshot("split")
    desktop.keys(dialog, "alt+b")
    wait_for("all as it was", lambda: not is_painted(RIGHT) and not is_painted(LEFT))
    desktop.keys(dialog, "alt+1")
    wait_for("a part at 100 %", lambda: is_painted(RIGHT) and is_painted(LEFT))
    desktop.keep_screenshot("zoomed")
    desktop.keys(dialog, "alt+1")
    wait_for("all of it again", lambda: not is_painted(RIGHT) and not is_painted(LEFT))

    wait_for("no preview to be missing", lambda: asks_no_more(standin))
    asked = previews_asked(standin)
    desktop.keys(dialog, "alt+t", "Page_Up")
    wait_for("another preview", lambda: previews_asked(standin) > asked)
    wait_for("no preview to be missing", lambda: asks_no_more(standin))
    asked = previews_asked(standin)
    desktop.keys(dialog, "Page_Down")  # back to what was painted before
    assert asks_no_more(standin)
    assert previews_asked(standin) == asked

    desktop.keys(dialog, "alt+v")
    favourites = standin.home.root / "favourite-styles.json"
    wait_for("the star", favourites.exists)
    assert json.loads(favourites.read_text(encoding="utf-8")) == [str(images / "flower.jpg")]
    desktop.keep_screenshot("starred")
    desktop.keys(dialog, "alt+v")
    wait_for("no star", lambda: favourites.read_text(encoding="utf-8").strip() == "[]")
    desktop.keys(dialog, "Escape")


def previews_asked(standin: StandinDaemon) -> int:
    log = standin.home.logs / "daemon.log"
    return log.read_text(encoding="utf-8").count("from 'GIMP'") if log.exists() else 0


def asks_no_more(standin: StandinDaemon) -> bool:
    """Whether no preview was requested within the time in which one would be."""
    before = previews_asked(standin)
    time.sleep(1.0)
    return previews_asked(standin) == before


def test_an_estimate_is_rounded(gimp: BatchGimp) -> None:
    run = gimp.python(f"""
        plugin = {str(gimp.profile.plugin)!r}
        sys.path[:0] = [plugin, plugin + "/vendor"]
        from neural_style_protocol.estimates import Estimate
        from sentences import estimate_text

        def said(seconds, size):
            return estimate_text(Estimate("t", 8, 6, "CPU", 0, 9, seconds, size, 10**10))

        report(
            said=[
                said(3.0, 84_000_000), said(22.0, 1_230_000_000), said(70.0, 999_000_000),
                said(130.0, 10**9), said(4000.0, 10**9), said(9000.0, 10**9), said(None, 10**9),
            ]
        )
    """)
    assert run.report.get("said") == [
        "A few seconds, 80 MB of memory",
        "About 20 seconds, 1.2 GB of memory",
        "About a minute, 1.0 GB of memory",
        "About 2 minutes, 1.0 GB of memory",
        "About an hour, 1.0 GB of memory",
        "About 2 hours, 1.0 GB of memory",
        "1.0 GB of memory, time not measured yet",
    ], run.output


def test_a_dropped_picture_is_the_style(
    quick_desktop: Desktop, larger_photo: Path, images: Path, tmp_path: Path
) -> None:
    """Drop it on the preview; any part of the dialog accepts it."""
    desktop = quick_desktop
    script = tmp_path / "drag_source.py"
    shutil.copy(Path(__file__).with_name(script.name), script)
    main = desktop.start_gimp(larger_photo)
    desktop.start_filter(main)
    before = desktop.screen().crop(LEFT)
    source = desktop.start_program("python3", str(script), str(images / "flower.jpg"))
    desktop.drag(desktop.window("^Drag me$"), to=PREVIEW)
    wait_for("the preview", lambda: differs(desktop.screen().crop(LEFT), before))
    desktop.keep_screenshot("dropped")
    end(source)
