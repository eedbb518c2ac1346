"""Unfinished runs: stored in files, offered in the dialog, and fetched."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from gimp.gimp_root import REPOSITORY
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script

GONE = 2**22 + 1
"""No process has this number: it is above Linux's limit."""

AS_NEW = "alt+w"
OFFER = (20, 10, 900, 100)
"""The area of the dialog with the offer of an unfinished picture."""


@pytest.fixture
def unfinished(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    import unfinished as module

    return module


def test_runs_are_stored_with_alpha_and_mask_and_removed(
    unfinished: ModuleType, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    alpha = Picture.of(3, 2, 1, bytes(range(6)))
    settings = {"strength": 30.0}
    holed = unfinished.UnfinishedRun(
        "a" * 16, "holed", 3, 2, GONE, 5, -7, (30, 20), "file:///s.jpg", settings, "u8"
    )
    plain = unfinished.UnfinishedRun("b" * 16, "plain", 3, 2, GONE)
    watched = unfinished.UnfinishedRun("c" * 16, "watched", 3, 2, os.getpid())
    mask = bytes(range(12))
    ages = ((3, holed, alpha, mask), (2, plain, None, None), (1, watched, None, mask))
    for age, run, its_alpha, its_mask in ages:
        unfinished.remember(home, run, its_alpha, its_mask)
        at = time.time() - 60 * age
        os.utime(tmp_path / "gimp-runs" / f"{run.job}.json", (at, at))
    assert unfinished.orphaned(home) == [plain, holed]
    assert unfinished.alpha_of(home, holed) == alpha
    assert unfinished.mask_of(home, holed) == mask
    assert unfinished.alpha_of(home, plain) is None
    assert unfinished.mask_of(home, plain) is None
    unfinished.remember(home, holed, None, None, b"thumbnail")
    unfinished.remember(home, holed, None, None)
    assert unfinished.thumbnail_of(home, holed).read_bytes() == b"thumbnail"
    unfinished.forget(home, holed.job)
    assert unfinished.orphaned(home) == [plain]
    left = {path.stem for path in (tmp_path / "gimp-runs").iterdir()}
    assert left == {"b" * 16, "c" * 16}


def test_another_process_with_the_same_id_is_not_the_owner(
    unfinished: ModuleType, tmp_path: Path
) -> None:
    import process_times

    started = process_times.start_time(os.getpid())
    assert started
    assert process_times.start_time(GONE) == ""
    for job, start in (("a" * 16, started), ("b" * 16, "12345")):
        run = unfinished.UnfinishedRun(job, "mine", 3, 2, os.getpid(), started=start)
        unfinished.remember(Home(tmp_path), run, None, None)
    assert [run.job for run in unfinished.orphaned(Home(tmp_path))] == ["b" * 16]


def test_a_very_old_run_is_dropped(unfinished: ModuleType, tmp_path: Path) -> None:
    unfinished.remember(
        Home(tmp_path), unfinished.UnfinishedRun("a" * 16, "old", 3, 2, GONE), None, b"mask"
    )
    os.utime(tmp_path / "gimp-runs" / f"{'a' * 16}.json", (0, 0))
    assert unfinished.orphaned(Home(tmp_path)) == []
    assert list((tmp_path / "gimp-runs").iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"job": "a", "image_size": 3}'])
def test_a_damaged_file_is_skipped(unfinished: ModuleType, tmp_path: Path, text: str) -> None:
    (tmp_path / "gimp-runs").mkdir()
    (tmp_path / "gimp-runs" / "x.json").write_text(text, encoding="utf-8")
    assert unfinished.orphaned(Home(tmp_path)) == []


@pytest.mark.gimp
@pytest.mark.timeout(600)
def test_an_interrupted_run_is_resumed_into_the_right_layer(
    quick_desktop: Desktop,
    standin: StandinDaemon,
    gimp: BatchGimp,
    larger_photo: Path,
    images: Path,
    tmp_path: Path,
) -> None:
    """GIMP crashes and the daemon stops; after a restart the run can be resumed and continued."""
    holed = tmp_path / "holed.xcf"
    made = gimp.python(f"""
        image = load({str(larger_photo)!r})
        layer = image.get_layers()[0]
        layer.add_alpha()
        Gimp.context_set_feather(True)
        Gimp.context_set_feather_radius(12, 12)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 100, 50, 200, 150)
        layer.edit_clear()
        layer.set_offsets(31, -17)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 150, 90, 260, 180)
        save(image, {str(holed)!r})
        report(saved=True)
    """)
    assert made.report == {"saved": True}, made.output
    begun = shutil.copy(holed, tmp_path / "begun.xcf")
    Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
    desktop = quick_desktop
    main = desktop.start_gimp(holed)
    desktop.paint(main, images / "flower.jpg")
    desktop.window("^Painting –")
    records = standin.home.root / "gimp-runs"
    with standin.client() as client:

        def is_under_way() -> bool:
            """Before all its pixels have been sent, a run cannot be resumed."""
            running = [job.job for job in client.jobs() if job.state == "running"]
            return any((records / f"{job}.json").is_file() for job in running)

        wait_for("the run", is_under_way)
        desktop.end_gimp()
        client.shut_down()
        client.wait(5.0)
    Script(steps=30, seconds_per_step=0.01).write(standin.home.root)

    main = desktop.start_gimp(holed)
    untouched = desktop.canvas()
    dialog = desktop.start_filter(main)
    desktop.keep_screenshot("offered")

    def is_taken() -> bool:
        desktop.keys(dialog, "alt+n")
        return not desktop.has_window("^Neural Style$")

    wait_for("the dialog to close", is_taken)
    ended = desktop.window("^Painted –")
    desktop.move_aside(ended)
    wait_for("the picture", lambda: differs(desktop.canvas(), untouched, 40))
    fetched = desktop.canvas()
    desktop.keep_screenshot("fetched")
    desktop.keys(ended, "alt+f")
    wait_for("the picture painted further", lambda: differs(desktop.canvas(), fetched, 40))
    desktop.keep_screenshot("painted-further")
    ended = desktop.window("^Painted –")
    desktop.keys(ended, "Return")
    wait_for("the window to close", lambda: not desktop.has_window("^Painted –"))
    assert not any(records.iterdir())
    desktop.keys(main, "ctrl+s")
    wait_for("the file", lambda: not desktop.title(main).startswith("*"))
    run = gimp.python(f"""
        image = load({str(holed)!r})
        top, below = image.get_layers()
        record = json.loads(bytes(top.get_parasite("neural-style").get_data()))
        _, x, y, width, height = below.mask_intersect()

        def part(drawable, x, y, format):
            place = Gegl.Rectangle.new(x, y, width, height)
            return drawable.get_buffer().get(place, 1.0, format, Gegl.AbyssPolicy.NONE)

        # GIMP marks the bytes of a loaded selection as perceptual; a mask takes them unchanged.
        selected = part(load({str(begun)!r}).get_selection(), x + 31, y - 17, None)
        report(
            size=[top.get_width(), top.get_height()] == [width, height],
            offsets=list(top.get_offsets())[-2:] == [x + 31, y - 17],
            alpha=part(top, 0, 0, "A u8") == part(below, x, y, "A u8"),
            mask=part(top.get_mask(), 0, 0, "Y u8") == selected,
            # The stand-in inverts its initial picture, so the second run restores the colours.
            further=part(top, 0, 0, "R'G'B' u8") == part(below, x, y, "R'G'B' u8"),
            soft=len(set(selected)) > 100 and len(set(pixels(top, "A u8"))) > 100,
            original=record["original"]["tattoo"] == below.get_tattoo(),
            style=record["style"],
            strength=record["settings"]["strength"],
        )
    """)
    assert run.report == {
        **dict.fromkeys(("size", "offsets", "alpha", "mask", "further", "soft", "original"), True),
        "style": (images / "flower.jpg").as_uri(),
        "strength": 50.0,
    }, run.output


@pytest.mark.gimp
@pytest.mark.timeout(600)
def test_a_picture_of_another_image_becomes_a_new_one(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path, tmp_path: Path
) -> None:
    """The offer says which image it was, and shows how far it is; the open image stays as it is."""
    desktop = quick_desktop
    Script(steps=5000, seconds_per_step=0.05).write(standin.home.root)
    main = desktop.start_gimp(larger_photo)
    untouched = desktop.canvas()
    desktop.paint(main, images / "flower.jpg")
    desktop.move_aside(desktop.window("^Painting"))
    wait_for("the picture", lambda: differs(desktop.canvas(), untouched))
    desktop.end_gimp()
    (record,) = (standin.home.root / "gimp-runs").glob("*.json")
    kept = json.loads(record.read_text(encoding="utf-8"))
    assert (kept["image_name"], kept["image_uri"]) == ("palace.png", larger_photo.as_uri())
    with Image.open(record.with_suffix(".png")) as thumbnail:
        assert thumbnail.size == (96, 64)

    tower = tmp_path / "tower.png"
    with Image.open(larger_photo) as other:
        other.rotate(180).save(tower)
    main = desktop.start_gimp(tower)
    dialog = desktop.start_filter(main)
    desktop.wait_until_still()
    desktop.keep_screenshot("offered-for-another-image")
    offer = desktop.screen().crop(OFFER)
    wait_for("its progress to move", lambda: offer != desktop.screen().crop(OFFER))
    desktop.keys(dialog, AS_NEW)
    new = desktop.window("Untitled.* – GIMP$")
    desktop.keys(desktop.window("^Painting"), "alt+s")
    ended = desktop.window("^Painted")
    desktop.keep_screenshot("fetched-into-a-new-image")
    assert "1 layer" in desktop.title(new)
    assert "600x400" in desktop.title(new)
    assert not any((standin.home.root / "gimp-runs").iterdir())
    desktop.keys(ended, "alt+d")
    wait_for("the new image to close", lambda: not desktop.has_window("Untitled.* – GIMP$"))
    assert not desktop.has_window("^GIMP Message")
    desktop.keys(main, "ctrl+q")
