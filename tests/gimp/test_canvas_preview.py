"""The preview on the canvas: a layer with a split line, which leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop
from gimp.inside import run_inside

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]


def test_the_preview_is_shown_in_the_image_and_divided_there(
    quick_gimp: BatchGimp, quick_desktop: Desktop, images: Path
) -> None:
    """Also when the daemon dies meanwhile. What an earlier crash has left behind is removed."""
    run = run_inside(
        quick_gimp,
        f"""
        import os, signal
        import canvas_layer, layer_record, picture_view
        from neural_style_protocol.launcher import connect
        found = {{}}
        image = new_image(60, 40)
        layer, = image.get_layers()
        layer.add_alpha()
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 30, 30, 10)
        layer.edit_clear()  # a corner is transparent
        Gimp.Selection.none(image)
        left = Gimp.Layer.new_from_drawable(layer, image)
        owner = Gimp.Parasite.new(canvas_layer.MARK, 1, b"4194305 12345")
        left.attach_parasite(owner)
        image.insert_layer(left, None, 0)
        image.set_selected_layers([layer])
        image.clean_all()
        before = pixels(layer)

        def row(y=20):
            top = image.get_layers()[0]
            place = Gegl.Rectangle.new(0, y, 60, 1)
            data = bytes(top.get_buffer().get(place, 1.0, "R'G'B'A u8", Gegl.AbyssPolicy.NONE))
            return [tuple(data[i : i + 4]) for i in range(0, 240, 4)]

        def trace():
            chosen = [it.get_name() for it in image.get_selected_layers()]
            return [len(image.get_layers()), image.is_dirty(), chosen]

        def check(window):
            until(lambda: says(window, "begins like"))
            found["at first"] = trace()
            button(window, "On canvas").set_active(True)
            photo = tuple(before[20 * 240 : 20 * 240 + 4])
            new = (*(255 - value for value in photo[:3]), 255)
            found["shown"] = until(lambda: row() == [new] * 60)
            found["alpha"] = [pixel[3] for pixel in row(35)] == [0] * 30 + [255] * 30
            found["while shown"] = trace()
            view, = all_of(window, picture_view.PictureView)
            none, white = (0, 0, 0, 0), (255, 255, 255, 255)
            button(window, "Split").set_active(True)
            found["split"] = row() == [none] * 29 + [white] + [new] * 30
            view._move_line(0.25)
            found["moved left"] = row() == [none] * 14 + [white] + [new] * 45
            view._move_line(0.75)
            found["moved right"] = row() == [none] * 44 + [white] + [new] * 15
            button(window, "Before").set_active(True)
            found["before"] = row() == [none] * 60
            button(window, "Before").set_active(False)
            button(window, "Split").set_active(False)
            found["again"] = row() == [new] * 60
            button(window, "100 %").set_active(True)
            found["zoomed"] = trace()
            button(window, "100 %").set_active(False)
            found["back"] = until(lambda: row() == [new] * 60)
            with connect(HOME) as client:
                os.kill(client.daemon.pid, signal.SIGKILL)
            live(1)
            found["after a crash"] = row() == [new] * 60
            layer.set_name("renamed")  # a change of the user's
            found["changed"] = trace()
            return False

        ask(image, check, {str(images / "flower.jpg")!r})
        found["in the end"] = trace(), pixels(layer) == before
        image.clean_all()
        ask(image, lambda window: button(window, "On canvas").set_active(True))
        found["closed at once"] = trace()
        report(**found)
        """,
        quick_desktop.display,
    )
    good = "shown", "alpha", "split", "moved left", "moved right", "before", "again", "back"
    assert run.report == {
        **dict.fromkeys((*good, "after a crash"), True),
        "at first": [1, False, ["layer"]],
        "while shown": [2, False, ["layer"]],
        "zoomed": [1, False, ["layer"]],
        "changed": [2, True, ["renamed"]],
        "in the end": [[1, True, ["renamed"]], True],
        "closed at once": [1, False, ["renamed"]],
    }, run.output
