"""The live preview: while a picture is painted, from the cache, and around a selection."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, until
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

PREVIEW = (30, 60, 440, 400)
"""The area of the dialog that shows the preview."""

MIDDLE = (240, 175, 270, 215)


def running_job(client: Client, title: str = "harbour.png") -> str:
    """A job that goes on until another script is written."""
    picture = Picture.of(64, 48, 3, bytes(64 * 48 * 3))
    job = client.submit(picture, [(picture, 1.0)], Settings(), title=title)
    until(client, events.Progress)
    return job


def level(desktop: Desktop) -> float:
    """The mean grey of the preview's middle."""
    histogram = desktop.screen().crop(MIDDLE).convert("L").histogram()
    return sum(level * count for level, count in enumerate(histogram)) / sum(histogram)


def test_preview_is_painted_while_a_picture_is_painted(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """And strengths that were painted before, or lie between two, are shown without the daemon."""
    desktop = quick_desktop
    Script(endless=True, tints=True, steps=4).write(standin.home.root)
    with standin.client() as client:
        job = running_job(client)
        main = desktop.start_gimp(larger_photo)
        dialog = desktop.start_filter(main)
        desktop.choose_style(dialog, images / "flower.jpg")
        wait_for("a preview at 50 %", lambda: abs(level(desktop) - 127.5) < 2)
        desktop.keep_screenshot("preview-while-painting")
        assert client.job(job).state == "running"
        desktop.keys(dialog, "alt+t", "End")
        wait_for("a preview at 100 %", lambda: abs(level(desktop) - 255) < 2)
        wait_for("the end of its painting", lambda: len(client.status().jobs) == 1)

        # From here on the daemon finishes no preview.
        Script(endless=True, tints=True, seconds_per_step=600.0).write(standin.home.root)
        desktop.keys(dialog, *["Left"] * 10)
        wait_for("a mixture at 90 %", lambda: abs(level(desktop) - 229.5) < 3)
        desktop.keep_screenshot("between-two-strengths")
        desktop.keys(dialog, "End")
        wait_for("the preview at 100 %", lambda: abs(level(desktop) - 255) < 2)
        desktop.keys(dialog, "Escape")


def test_selection_is_previewed_with_its_soft_edge_and_surroundings(
    quick_desktop: Desktop,
    standin: StandinDaemon,
    gimp: BatchGimp,
    images: Path,
    tmp_path: Path,
) -> None:
    """A white layer, whose middle is painted black; afterwards the picture is edited."""
    desktop = quick_desktop
    Script(steps=4).write(standin.home.root)
    white = tmp_path / "white.png"
    Image.new("RGB", (600, 400), "white").save(white)
    selected = tmp_path / "selected.xcf"
    made = gimp.python(f"""
        image = load({str(white)!r})
        Gimp.context_set_feather(True)
        Gimp.context_set_feather_radius(40, 40)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 200, 100, 200, 200)
        save(image, {str(selected)!r})
        report(saved=True)
    """)
    assert made.report == {"saved": True}, made.output
    main = desktop.start_gimp(selected)
    dialog = desktop.start_filter(main)
    before = desktop.screen().crop(PREVIEW)
    desktop.choose_style(dialog, images / "flower.jpg")
    wait_for("the preview", lambda: differs(desktop.screen().crop(PREVIEW), before, 40))
    wait_for("the black middle", lambda: level(desktop) < 8)
    desktop.keep_screenshot("selection")
    shades = desktop.screen().crop(PREVIEW).convert("L").histogram()
    assert shades[255] > 20_000, "the surroundings stay white"
    assert shades[0] > 3_000, "the middle is painted"
    assert sum(count > 0 for count in shades[20:235]) > 100, "the edge is soft"
    desktop.keys(dialog, "alt+p")
    ended = desktop.window("^Painted")
    desktop.keys(ended, "Return")
    desktop.keys(main, "ctrl+s")
    wait_for("the file", lambda: not desktop.title(main).startswith("*"))
    run = gimp.python(f"""
        top = load({str(selected)!r}).get_layers()[0]
        report(mask=top.get_mask() is not None, edits_mask=top.get_edit_mask())
    """)
    assert run.report == {"mask": True, "edits_mask": False}, run.output
