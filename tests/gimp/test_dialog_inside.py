"""What the dialog tells and offers, read from its widgets while the stand-in daemon answers."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.desktop import Desktop
from gimp.inside import run_inside
from service.standin_daemon import StandinDaemon

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]


def test_what_is_computed_is_told_and_the_layers_own_size_is_offered(
    quick_gimp: BatchGimp, quick_desktop: Desktop, images: Path
) -> None:
    run = run_inside(
        quick_gimp,
        f"""
        found = {{}}

        def check(window):
            found["time"] = until(lambda: says(window, "of memory"))
            found["enlarged"] = says(window, "at 4096 × 2731 pixels, then enlarged 1.5 times.")
            own = button(window, "Own size")
            found["own"] = until(
                    lambda: own.get_label().replace("_", "") == "Own size: about 2 hours"
                )
            own.clicked()
            found["size"] = ask.config.get_property("size")
            found["not enlarged"] = says(window, "Computed at 6000 × 4000 pixels.")
            found["offered"] = own.get_visible()
            return False

        ask(new_image(6000, 4000), check, {str(images / "flower.jpg")!r})
        report(**found)
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "time": True,
        "enlarged": True,
        "own": True,
        "size": 6000,
        "not enlarged": True,
        "offered": False,
    }, run.output


def test_what_cannot_be_is_not_told(quick_gimp: BatchGimp, quick_desktop: Desktop) -> None:
    """Nothing is computed with 10 MB."""
    run = run_inside(
        quick_gimp,
        """
        import estimate_row
        from neural_style_protocol.estimates import Estimate
        procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
        image = new_image(1024, 683)
        found, = source.find(image, image.get_selected_layers())
        row = estimate_row.EstimateRow(procedure.create_config(), [found], "Own size")
        window = Gtk.Window()
        window.add(row)
        window.show_all()
        live(0.2)

        def told(seconds, size):
            row.take(Estimate("t", 1024, 683, "CPU", 0, 9, seconds, size, 10**10))
            live(0.1)
            return [text for text in said(window) if "memory" in text]

        report(told=[told(1020.0, 10_000_000), told(1020.0, 900_000_000), told(-1.0, 900_000_000)])
        """,
        quick_desktop.display,
    )
    assert run.report.get("told") == [[], ["About 17 minutes, 900 MB of memory"], []], run.output


def test_a_greyscale_image_has_a_grey_preview_and_can_be_converted(
    quick_gimp: BatchGimp, quick_desktop: Desktop, images: Path
) -> None:
    run = run_inside(
        quick_gimp,
        f"""
        import picture_view
        shown, found = [], {{}}
        real = picture_view.PictureView.show_pictures

        def spy(view, before, after):
            if after is not None:
                data = after.read_pixel_bytes().get_data()
                middle = len(data) // 2 // 3 * 3
                shown.append(list(data[middle : middle + 3]))
            real(view, before, after)

        picture_view.PictureView.show_pictures = spy

        def check(window):
            found["painted"] = until(lambda: len(shown) > 1 and says(window, "begins like"))
            found["grey"] = len(set(shown[-1])) == 1
            found["told"] = says(window, "This image is greyscale")
            button(window, "Convert to RGB").clicked()
            live(0.2)
            found["told after"] = says(window, "This image is greyscale")
            found["kind"] = int(image.get_base_type())
            return False

        # A worker that gives colours: the layer's grey, inverted, and one channel of it moved.
        import dataclasses, live_preview
        from neural_style_protocol.pixels import Picture
        take = live_preview.LivePreview._take_picture

        def coloured(preview, painted):
            picture = painted.picture
            data = bytearray(picture.data)
            data[0 :: picture.channels] = bytes(data[0 :: picture.channels]).translate(
                bytes(min(255, v + 60) for v in range(256))
            )
            size = picture.width, picture.height
            made = Picture.of(*size, picture.channels, bytes(data))
            take(preview, dataclasses.replace(painted, picture=made))

        live_preview.LivePreview._take_picture = coloured
        image = new_image(300, 200, Gimp.ImageBaseType.GRAY)
        ask(image, check, {str(images / "flower.jpg")!r})
        found["coloured"] = len(set(shown[-1])) > 1
        report(**found)
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "painted": True,
        "grey": True,
        "told": True,
        "told after": False,
        "kind": 0,
        "coloured": True,
    }, run.output


def test_no_error_closes_the_dialog(
    quick_gimp: BatchGimp, quick_desktop: Desktop, images: Path, tmp_path: Path
) -> None:
    """*Paint* is off while the style is missing, and a file that is no picture is told of."""
    gone, no_picture = tmp_path / "gone.png", tmp_path / "words.png"
    no_picture.write_text("These are words.", encoding="utf-8")
    run = run_inside(
        quick_gimp,
        f"""
        gone, found = Path({str(gone)!r}), {{}}

        def choose(path):
            ask.config.set_property("style", Gio.File.new_for_path(str(path)))

        def check(window):
            if "again" in found:  # it was asked a second time, and not closed
                found["again"] = says(window, "is not a picture that GIMP can open.")
                return False
            found["missing"] = can_paint(window)
            gone.write_bytes(Path({str(images / "flower.jpg")!r}).read_bytes())
            choose(gone)
            found["there"] = can_paint(window)
            gone.unlink()
            window.emit("focus-in-event", Gdk.Event.new(Gdk.EventType.FOCUS_CHANGE))
            found["gone"] = can_paint(window)
            choose({str(no_picture)!r})
            found["again"] = ""
            return True

        found["answer"] = bool(ask(new_image(60, 40), check, str(gone)))
        report(**found)
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "missing": False,
        "there": True,
        "gone": False,
        "again": True,
        "answer": False,
    }, run.output


def test_styles_are_offered_filtered_and_pasted(
    quick_gimp: BatchGimp, quick_desktop: Desktop, images: Path
) -> None:
    """The painted layer is not offered as its own style; each thumbnail has its name."""
    run = run_inside(
        quick_gimp,
        f"""
        import pasted_style, style_file_windows, style_layer_row
        found = {{}}

        def names(window):
            found["filters"] = [each.get_name() for each in window.list_filters()]
            return Gtk.ResponseType.CANCEL

        def check(window):
            row, = all_of(window, style_layer_row.StyleLayerRow)
            layers, = all_of(row, GimpUi.LayerComboBox)
            offered = lambda: [entry[0] for entry in layers.get_model() if entry[0] >= 0]
            found["own layer"] = painted in offered()
            found["other layers"] = [other in offered() for other in others]
            found["name"] = "flower" in said(window)
            picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, 30, 20)
            picture.fill(0x11223344)
            Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).set_image(picture)
            button(window, "Paste").clicked()
            pasted = Path(ask.config.get_property("style").get_path())
            kept = GdkPixbuf.Pixbuf.new_from_file(str(pasted))
            found["pasted"] = (pasted.parent == HOME.root / "styles", kept.get_width())
            button(window, "My styles").set_active(True)
            live(0.2)
            button(window, "Open folder").clicked()
            live(0.2)
            found["folder"] = says(window, "No program opens folders")
            Gtk.FileChooserDialog.run = names
            style_file_windows.ask_for_picture(window, None)
            return False

        image, other = new_image(60, 40), new_image(30, 20)
        painted = image.get_layers()[0].get_id()
        others = [layer.get_id() for layer in other.get_layers()]
        ask(image, check, {str(images / "flower.jpg")!r})
        report(**found)
        """,
        quick_desktop.display,
    )
    assert run.report == {
        "own layer": False,
        "other layers": [True],
        "name": True,
        "pasted": [True, 30],
        "folder": True,
        "filters": ["Pictures", "All files"],
    }, run.output


def test_the_model_stays_loaded_while_the_dialog_is_open(
    quick_gimp: BatchGimp, quick_desktop: Desktop, standin: StandinDaemon, images: Path
) -> None:
    standin.limit(unload_after=1.0)
    run = run_inside(
        quick_gimp,
        f"""
        import estimate_row
        from neural_style_protocol.launcher import connect
        estimate_row.ASK_AGAIN_MS = 200
        states = set()

        def check(window):
            until(lambda: says(window, "small preview"))
            with connect(HOME) as client:
                for _turn in range(15):
                    live(0.2)
                    states.add(client.status().state)
            return False

        ask(new_image(60, 40), check, {str(images / "flower.jpg")!r})
        report(rested="resting" in states, ready="ready" in states)
        """,
        quick_desktop.display,
    )
    assert run.report == {"rested": False, "ready": True}, run.output


def test_no_range_of_an_argument_is_invented(gimp: BatchGimp) -> None:
    """The procedure browser shows a range unless it is the type's own; the help text has it."""
    run = gimp.python("""
        procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
        found = {each.name: each for each in procedure.get_arguments()}
        ranges = {
            name: [found[name].minimum, found[name].maximum]
            for name in ("strength", "style-scale", "size", "seed")
        }
        report(ranges=ranges, help=found["strength"].blurb)
    """)
    assert run.report, run.output
    double = [-sys.float_info.max, sys.float_info.max]
    integer = [-(2**31), 2**31 - 1]
    assert run.report["ranges"] == {
        "strength": double,
        "style-scale": double,
        "size": integer,
        "seed": integer,
    }
    assert run.report["help"].endswith("(0–100 %)")


STRIPES = 200
"""The width of the striped picture, in pixels of the screen."""


def test_a_pixel_is_a_pixel_of_the_screen(
    gimp: BatchGimp, quick_desktop: Desktop, tmp_path: Path
) -> None:
    """At scale 2, stripes of one pixel stay so: in the preview, and in a thumbnail."""
    run = run_inside(
        gimp,
        f"""
        import crisp, picture_view
        sizes = []
        view = picture_view.PictureView(
            150, 90, on_resize=lambda *size: sizes.append(size),
            on_click=print, on_scroll=print, on_drag=print,
        )
        view.set_help("It is told by key.")
        stripes = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, {STRIPES}, 100)
        stripes.fill(0x000000FF)
        for x in range(0, {STRIPES}, 2):
            stripes.new_subpixbuf(x, 0, 1, 100).fill(0xFF0000FF)
        thumbnail = Gtk.Image()
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.add(view)
        box.add(thumbnail)
        window = Gtk.Window()
        window.add(box)
        window.show_all()
        live(0.5)
        view.show_pictures(stripes, None)
        crisp.show(thumbnail, stripes)
        live(0.5)
        import subprocess
        shot = {str(tmp_path / "stripes.ppm")!r}
        subprocess.run(["import", "-window", "root", "-depth", "8", shot], check=True)
        tip = Gtk.Tooltip()
        told = [view.area.emit("query-tooltip", 9, 9, keys, tip) for keys in (False, True)]
        report(sizes=sizes, told=told)
        """,
        quick_desktop.display,
        scale=2,
    )
    assert run.report, run.output
    assert run.report["sizes"] == [[300, 180]]
    assert run.report["told"] == [False, True], "a tooltip below the pointer hides the preview"
    with Image.open(tmp_path / "stripes.ppm") as shot:
        rows = [line_of_stripes(shot.convert("RGB"), y) for y in range(shot.height)]
    striped = [row for row in rows if row]
    assert len(striped) == 200, "100 lines of the preview, and 100 of the thumbnail"
    assert set(striped) == {STRIPES // 2}


def line_of_stripes(shot: Image.Image, y: int) -> int:
    """How many red pixels with a black neighbour line ``y`` has."""
    red, black = (255, 0, 0), (0, 0, 0)
    data = shot.crop((0, y, shot.width, y + 1)).tobytes()
    line = [tuple(data[x : x + 3]) for x in range(0, len(data), 3)]
    return sum(pair == (red, black) for pair in itertools.pairwise(line))
