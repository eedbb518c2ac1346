"""Layers that are the frames of an animation are painted after one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, wait_for
from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon
from service.standin_worker import frames_told

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

ANIMATION = """
    image = load({photo!r})
    bottom = image.get_layers()[0]
    bottom.set_name("one (100ms)")
    frames = [bottom]
    for name, box in (("two (50ms)(combine)", (40, 30, 60, 40)), ("three (200ms)(replace)", None)):
        layer = bottom.copy()
        layer.set_name(name)
        layer.add_alpha()
        image.insert_layer(layer, None, 0)
        if box is not None:
            layer.resize(box[2], box[3], -box[0], -box[1])
        layer.set_offsets(*(box[:2] if box is not None else (10, 0)))
        frames.append(layer)
"""


def frames_kept(home: Home) -> dict[str, str]:
    """The frames in the daemon's history: each with the one that it follows."""
    records = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in home.history.glob("*/job.json")
    }
    return {name: record["follows"] for name, record in records.items() if record["frame"]}


def test_frames_keep_their_times_and_lie_above(
    gimp: BatchGimp, photo: Path, images: Path, home: Home
) -> None:
    """The lowest first; a frame that adds to the last is painted with it."""
    before = frames_kept(home)
    body = ANIMATION.format(photo=str(photo)).replace("\n    ", "\n")
    run = gimp.python(f"""{body}
style = {str(images / "flower.jpg")!r}
status, first = call(image, frames, style=style, preset="draft", size=64, frames=True)
made = [l for l in image.get_layers() if l not in frames]
order = [l.get_name() if l in frames else "new" for l in image.get_layers()]
tags = [l.get_name().partition("(Neural Style)")[2].strip() for l in made]
places = [[l.get_width(), l.get_height(), *list(l.get_offsets())[-2:]] for l in made]
alphas = [sorted(set(pixels(l)[3::4])) for l in made]
report(
    status=status, order=order, tags=tags, places=places, first=made.index(first),
    opaque=[a == [255] for a in alphas], alphas=[a[:3] for a in alphas],
    visible=[l.get_visible() for l in frames], images=len(Gimp.get_images()),
)
""")
    assert run.report["status"] == "success", run.output
    assert run.report["order"][:3] == ["new", "new", "new"]
    tags = [words.split(" #")[0] for words in run.report["tags"]]
    assert tags == ["(200ms) (replace)", "(50ms) (combine)", "(100ms)"]
    assert run.report["places"] == [[160, 107, 0, 0]] * 3
    assert run.report["first"] == 2
    assert run.report["opaque"] == [False, True, True]  # the third frame has moved to the right
    assert run.report["visible"] == [True, True, True]
    assert run.report["images"] == 1
    new = {job: follows for job, follows in frames_kept(home).items() if job not in before}
    (beginning,) = (job for job, follows in new.items() if not follows)
    (second,) = (job for job, follows in new.items() if follows == beginning)
    (third,) = (job for job, follows in new.items() if follows == second)
    assert len(new) == len({beginning, second, third}) == 3


def test_without_the_switch_layers_are_no_frames(
    gimp: BatchGimp, photo: Path, images: Path, home: Home
) -> None:
    before = frames_kept(home)
    body = ANIMATION.format(photo=str(photo)).replace("\n    ", "\n")
    run = gimp.python(f"""{body}
style = {str(images / "flower.jpg")!r}
status, first = call(image, [bottom, layer], style=style, preset="draft", size=64, iterations=2)
order = ["old" if l in frames else "new" for l in image.get_layers()]
report(status=status, order=order)
""")
    assert run.report == {"status": "success", "order": ["new", "old", "old", "new", "old"]}
    assert frames_kept(home) == before


def test_frames_form_one_after_another_and_one_undo_removes_them(
    quick_desktop: Desktop,
    standin: StandinDaemon,
    gimp: BatchGimp,
    larger_photo: Path,
    images: Path,
    tmp_path: Path,
) -> None:
    two = tmp_path / "two.xcf"
    made = gimp.python(f"""
        image = load({str(larger_photo)!r})
        bottom = image.get_layers()[0]
        bottom.set_name("one (100ms)")
        top = bottom.copy()
        top.set_name("two (100ms)")
        image.insert_layer(top, None, 0)
        image.set_selected_layers([top, bottom])
        save(image, {str(two)!r})
        report(saved=True)
    """)
    assert made.report == {"saved": True}, made.output
    desktop = quick_desktop
    main = desktop.start_gimp(two)
    dialog = desktop.start_filter(main)
    desktop.choose_style(dialog, images / "flower.jpg")
    desktop.keys(dialog, "space")  # the switch "Layers are frames" comes first in the window
    desktop.keep_screenshot("layers-are-frames")
    desktop.keys(dialog, "alt+p")
    ended = desktop.window("^Painted –")
    desktop.move_aside(ended)
    assert "4 layers" in desktop.title(main)
    told = frames_told(standin.home.root)
    assert [(follows, len(before)) for follows, before, _ in told.values()] == [
        (False, 0),
        (True, 1),
    ]
    desktop.keep_screenshot("frames-painted")
    desktop.keys(ended, "Return")
    desktop.keys(main, "ctrl+z")
    wait_for("the one undo", lambda: "2 layers" in desktop.title(main))
