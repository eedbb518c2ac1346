"""Several styles with weights, and parts of style images: in the dialog, and from scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, wait_for
from gimp.inside import run_inside
from service.standin_daemon import StandinDaemon

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

SECOND_STYLE = (602, 108)
"""The middle of the second thumbnail of the gallery."""


def painted(standin: StandinDaemon) -> list[list[tuple[str, int, int, float]]]:
    """Role, width, height and weight of the pictures of each job that is no preview, by age."""
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (standin.home.root / "history").glob("*/job.json")
    ]
    records.sort(key=lambda record: record["created"])
    return [
        [(it["role"], it["width"], it["height"], it["weight"]) for it in record["images"]]
        for record in records
        if not record["preview"]
    ]


def test_a_script_mixes_styles_and_uses_parts(
    quick_gimp: BatchGimp, standin: StandinDaemon, photo: Path, images: Path
) -> None:
    flower, strokes = images / "flower.jpg", images / "strokes.png"
    run = quick_gimp.python(f"""
        flower, strokes = {str(flower)!r}, {str(strokes)!r}
        image = load({str(photo)!r})

        def mixed(*words, **arguments):
            arguments.setdefault("style", flower)
            return call(image, image.get_layers()[-1:], mix=json.dumps(words), **arguments)

        status, layer = mixed({{"weight": 2, "part": [10, 20, 300, 200]}}, {{"style": strokes}})
        record = json.loads(bytes(layer.get_parasite("neural-style").get_data()))
        other = load(strokes)
        by_layer, second = mixed(
            {{}}, {{"style": Gio.File.new_for_path(flower).get_uri(), "weight": 0.5,
                  "part": [0, 0, 64, 48]}},
            style=None, style_layer=other.get_layers()[0])
        wrong = [
            str(mixed({{"part": [600, 400, 300, 200]}})[1]),
            str(mixed({{}}, {{"style": "/gone.png"}})[1]),
            str(mixed({{}}, {{"weight": 1}})[1]),
            str(mixed({{"weight": -1}}, {{"style": strokes}})[1]),
            str(call(image, style=flower, mix="strokes.png")[1]),
        ]
        report(status=[status, by_layer], names=[layer.get_name(), second.get_name()],
               mix=json.loads(record["mix"]), wrong=wrong)
    """)
    assert run.report, run.output
    uri = strokes.as_uri()
    assert run.report["status"] == ["success", "success"]
    assert run.report["mix"] == [
        {"weight": 2.0, "part": [10, 20, 300, 200]},
        {"style": uri, "weight": 1.0},
    ]
    assert run.report["names"] == [
        "flower + strokes, 50 % (Neural Style)",
        "Background + flower, 50 % (Neural Style)",
    ]
    with Image.open(strokes) as whole:
        width, height = whole.size
    assert painted(standin) == [
        [
            ("content", 160, 107, 1.0),
            ("style", 300, 200, 2.0),
            ("style", width, height, 1.0),
        ],
        [("content", 160, 107, 1.0), ("style", width, height, 1.0), ("style", 64, 48, 0.5)],
    ]
    outside, gone, *not_understood = run.report["wrong"]
    assert "The part 600 400 300 200 is not inside" in outside
    assert "/gone.png does not exist" in gone
    assert all("The mix of styles is not understood" in words for words in not_understood)


def test_the_dialog_mixes_styles_and_uses_parts(
    quick_gimp: BatchGimp, quick_desktop: Desktop, standin: StandinDaemon, images: Path
) -> None:
    samples = standin.home.root / "sample"
    samples.mkdir()
    for name in ("strokes", "flower"):
        with Image.open(next(images.glob(f"{name}.*"))) as picture:
            picture.convert("RGB").resize((200, 150)).save(samples / f"{name}.png")
    run = run_inside(
        quick_gimp,
        """
        import job_request, mix_pane, mix_row, part_view, style_gallery, style_part_window
        from preview_part import Part
        asked, found = [], {}
        submit = job_request.JobRequest.submit

        def spy(request, client):
            asked.append([[p.width, p.height, w] for p, w in request.styles])
            return submit(request, client)

        job_request.JobRequest.submit = spy
        samples = HOME.root / "sample"

        def rows(window):
            return all_of(window, mix_row.MixRow)

        def shares(window):
            return [row._share.get_text() for row in rows(window)]

        def mix_in(window, place):
            button(window, "Mix with").clicked()
            live(0.5)
            pane, = all_of(window, mix_pane.MixPane)
            offered = pane._gallery._children()
            found["offered"] = sorted(child.path.name for child in offered)
            pane._gallery._box.emit("child-activated", offered[place])
            live(0.2)

        def drag(window):
            view, = all_of(window, part_view.PartView)
            found["room"] = view.get_allocation().width < 700
            view._on_part(Part(0.25, 0.5, 0.5, 0.25))
            found["part"] = list(vars(window.part).values())
            return Gtk.ResponseType.OK

        style_part_window.PartWindow.run = drag

        def check(window):
            found["rows at first"] = len(rows(window))
            until(lambda: says(window, "begins like"))
            button(window, "Part").clicked()
            live(0.2)
            found["row of a part"] = len(rows(window))
            found["remembered"] = ask.config.get_property("mix")
            rows(window)[0].get_children()[-1].clicked()
            live(0.2)
            found["whole again"] = [len(rows(window)), ask.config.get_property("mix")]
            mix_in(window, 1)
            found["shares"] = shares(window)
            rows(window)[1]._weight.set_value(25)
            found["others"] = shares(window)
            rows(window)[0]._weight.set_value(20)
            found["both lowered"] = [row._weight.get_value() for row in rows(window)]
            rows(window)[0]._weight.set_value(100)
            button(rows(window)[1], "Part").clicked()
            live(0.2)
            asked.clear()
            found["asked"] = until(lambda: asked and [100, 38, 0.25] in asked[-1]), asked[-1]
            found["can paint"] = can_paint(window)
            missing = json.dumps([{}, {"style": "file:///gone.png"}])
            kept = ask.config.get_property("mix")
            ask.config.set_property("mix", missing)
            live(0.2)
            found["can paint what is gone"] = can_paint(window)
            ask.config.set_property("mix", kept)
            live(0.2)
            rows(window)[0].get_children()[-1].clicked()  # the second is the first now
            live(0.2)
            found["second"] = [ask.config.get_property("style").get_basename(),
                               json.loads(ask.config.get_property("mix")), len(rows(window))]
            return False

        ask(new_image(60, 40), check, str(samples / "flower.png"))
        report(**found)
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "rows at first": 0,
        "room": True,
        "part": [50, 75, 100, 38],
        "row of a part": 1,
        "remembered": '[{"weight": 1.0, "part": [50, 75, 100, 38]}]',
        "whole again": [0, ""],
        "offered": ["flower.png", "strokes.png"],
        "shares": ["50 %", "50 %"],
        "others": ["80 %", "20 %"],
        "both lowered": [20.0, 25.0],
        "asked": [True, [[200, 150, 1.0], [100, 38, 0.25]]],
        "can paint": True,
        "can paint what is gone": False,
        "second": ["strokes.png", [{"weight": 0.25, "part": [50, 75, 100, 38]}], 1],
    }, run.output


def test_the_estimate_counts_the_styles(
    quick_gimp: BatchGimp, quick_desktop: Desktop, images: Path
) -> None:
    """The stand-in says so many seconds for each style as the layer is wide."""
    run = run_inside(
        quick_gimp,
        f"""
        found = {{}}

        def times(window):
            return [text for text in said(window) if "hour" in text]

        def check(window):
            until(lambda: len(times(window)) == 2)
            found["one"] = times(window)
            style = {(images / "strokes.png").as_uri()!r}
            ask.config.set_property("mix", json.dumps([{{}}, {{"style": style}}]))
            until(lambda: sum("3 hours" in text for text in times(window)) == 2)
            found["two"] = times(window)
            return False

        ask(new_image(6000, 4000), check, {str(images / "flower.jpg")!r})
        report(**found)
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "one": ["About 2 hours, 2.5 GB of memory", "Own size: about 2 hours"],
        "two": ["About 3 hours, 2.5 GB of memory", "Own size: about 3 hours"],
    }, run.output


def test_what_was_mixed_is_repeated_continued_and_taken_again(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    """Ctrl and a click in the gallery mix a style in; all later runs have it too."""
    samples = standin.home.root / "sample"
    samples.mkdir()
    for name, size in (("a", (90, 60)), ("b", (80, 50))):
        with Image.open(images / "strokes.png") as picture:
            picture.convert("RGB").resize(size).save(samples / f"{name}.png")
    both = [("style", 90, 60, 1.0), ("style", 80, 50, 1.0)]
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    dialog = desktop.start_filter(main)
    desktop.wait_until_still()
    desktop.click(SECOND_STYLE, "ctrl")
    desktop.wait_until_still()
    desktop.keep_screenshot("mixed")
    desktop.keys(dialog, "alt+p")
    ended = desktop.window("^Painted –")
    assert [it[1:] for it in painted(standin)] == [both]
    desktop.keys(ended, "alt+f")
    wait_for("the picture painted further", lambda: len(painted(standin)) == 2)
    ended = desktop.window("^Painted –")
    desktop.keys(ended, "alt+a")
    adjusting = desktop.window("^Adjust the painting$")
    desktop.wait_until_still()
    desktop.keep_screenshot("adjusting-a-mix")
    desktop.keys(adjusting, "alt+p")
    wait_for("the other picture", lambda: len(painted(standin)) == 3)
    desktop.keys(desktop.window("^Painted –"), "Return")
    wait_for("the window to close", lambda: not desktop.has_window("^Painted –"))
    desktop.keys(main, "ctrl+f")
    wait_for("the repetition", lambda: len(painted(standin)) == 4)
    desktop.keys(desktop.window("^Painted –"), "Return")
    assert [it[1:3] for it in painted(standin)] == [both] * 4
    used = json.loads((standin.home.root / "recent-styles.json").read_text(encoding="utf-8"))
    assert [Path(path).name for path in used] == ["a.png", "b.png"]
