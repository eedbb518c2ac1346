"""Runs that GIMP did not see the end of: kept in files, offered, fetched whole."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, wait_for
from gimp.gimp_root import REPOSITORY
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script

GONE = 2**22 + 1
"""No process has this number: it is above what Linux gives out."""


@pytest.fixture
def unfinished(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    import unfinished as module

    return module


def test_runs_are_kept_with_their_alpha_and_forgotten(
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
    for age, run, its_alpha in ((3, holed, alpha), (2, plain, None), (1, watched, None)):
        unfinished.remember(home, run, its_alpha)
        at = 1_700_000_000 - age
        os.utime(tmp_path / "gimp-runs" / f"{run.job}.json", (at, at))
    assert unfinished.waiting(home) == [plain, holed]
    assert unfinished.alpha_of(home, holed) == alpha
    assert unfinished.alpha_of(home, plain) is None
    unfinished.forget(home, holed.job)
    assert unfinished.waiting(home) == [plain]
    assert sorted(path.stem for path in (tmp_path / "gimp-runs").iterdir()) == ["b" * 16, "c" * 16]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"job": "a", "image_size": 3}'])
def test_a_damaged_file_is_passed_over(unfinished: ModuleType, tmp_path: Path, text: str) -> None:
    (tmp_path / "gimp-runs").mkdir()
    (tmp_path / "gimp-runs" / "x.json").write_text(text, encoding="utf-8")
    assert unfinished.waiting(Home(tmp_path)) == []


@pytest.mark.gimp
@pytest.mark.timeout(600)
def test_an_interrupted_run_goes_on_and_keeps_alpha_place_and_record(
    quick_desktop: Desktop,
    standin: StandinDaemon,
    gimp: BatchGimp,
    larger_photo: Path,
    images: Path,
    tmp_path: Path,
) -> None:
    """GIMP crashes and the daemon ends; the next start offers to go on."""
    holed = tmp_path / "holed.xcf"
    made = gimp.python(f"""
        image = load({str(larger_photo)!r})
        layer = image.get_layers()[0]
        layer.add_alpha()
        Gimp.context_set_feather(True)
        Gimp.context_set_feather_radius(12, 12)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 100, 50, 200, 150)
        layer.edit_clear()
        Gimp.Selection.none(image)
        layer.set_offsets(31, -17)
        save(image, {str(holed)!r})
        report(saved=True)
    """)
    assert made.report == {"saved": True}, made.output
    Script(steps=2000, seconds_per_step=0.05).write(standin.home.root)
    desktop = quick_desktop
    main = desktop.start_gimp(holed)
    dialog = desktop.start_filter(main)
    desktop.choose_style(dialog, images / "autumn-oak.jpg")
    desktop.keys(dialog, "alt+p")
    desktop.window("^Painting$")
    records = standin.home.root / "gimp-runs"
    wait_for("the run's record", lambda: records.is_dir() and any(records.glob("*.json")))
    desktop.end_gimp()
    with standin.client() as client:
        client.shut_down()
        client.wait(5.0)
    Script(steps=30, seconds_per_step=0.01).write(standin.home.root)

    main = desktop.start_gimp(holed)
    dialog = desktop.start_filter(main)
    desktop.keep_screenshot("offered")
    desktop.keys(dialog, "alt+g")
    ended = desktop.window("^Painted$")
    desktop.keep_screenshot("fetched")
    desktop.keys(ended, "Return")
    wait_for("the window to close", lambda: not desktop.has_window("^Painted$"))
    assert not any(records.iterdir())
    desktop.keys(main, "ctrl+s")
    wait_for("the file", lambda: not desktop.title(main).startswith("*"))
    run = gimp.python(f"""
        top, below = load({str(holed)!r}).get_layers()
        record = json.loads(bytes(top.get_parasite("neural-style").get_data()))
        report(
            alpha=pixels(top, "A u8") == pixels(below, "A u8"),
            levels=len(set(pixels(top, "A u8"))) > 100,
            offsets=list(top.get_offsets())[-2:],
            style=record["style"],
            strength=record["settings"]["strength"],
        )
    """)
    assert run.report == {
        "alpha": True,
        "levels": True,
        "offsets": [31, -17],
        "style": (images / "autumn-oak.jpg").as_uri(),
        "strength": 50.0,
    }, run.output
