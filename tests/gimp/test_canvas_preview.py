"""The preview on the canvas: a layer with a split line, which leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.desktop import CANVAS, Desktop, differs, wait_for
from gimp.inside import run_inside
from service.standin_daemon import StandinDaemon

BESIDE = (CANVAS[2] + 5, 0)
"""Where the dialog hides nothing of the canvas, though half of it is beside the screen."""

PUT_ON_CANVAS = "alt+u"

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
            button(window, "Put on canvas").set_active(True)
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
        ask(image, lambda window: button(window, "Put on canvas").set_active(True))
        found["closed at once"] = trace()

        import dataclasses
        painted = Gimp.Layer.new_from_drawable(layer, image)
        image.insert_layer(painted, None, 0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 30, 40)
        painted.add_mask(painted.create_mask(Gimp.AddMaskType.SELECTION))
        painted.set_opacity(60)
        painted.set_mode(Gimp.LayerMode.MULTIPLY)
        Gimp.Selection.none(image)
        (plain,) = source.find(image, [layer])
        shown = canvas_layer.CanvasLayer(
            dataclasses.replace(plain, above=painted, in_place=True)).layer
        found["as the painting"] = [
            shown.get_opacity(), shown.get_mode() == Gimp.LayerMode.MULTIPLY,
            pixels(shown.get_mask(), "Y u8") == pixels(painted.get_mask(), "Y u8"),
        ]
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
        "as the painting": [60.0, True, True],
    }, run.output


def test_neither_undo_nor_redo_nor_the_title_tells_of_the_preview(
    quick_desktop: Desktop, standin: StandinDaemon, larger_photo: Path, images: Path
) -> None:
    desktop = quick_desktop
    main = desktop.start_gimp(larger_photo)
    photo = desktop.canvas()

    def title() -> tuple[bool, bool]:
        return desktop.title(main).startswith("*"), "2 layers" in desktop.title(main)

    def shows(picture: Image.Image) -> bool:
        return not differs(desktop.canvas(), picture)

    def preview(untouched: Image.Image) -> str:
        dialog = desktop.start_filter(main)
        desktop.choose_style(dialog, images / "flower.jpg")
        desktop.move_aside(dialog, BESIDE)
        wait_for("the canvas", lambda: shows(untouched))
        desktop.keys(dialog, PUT_ON_CANVAS)
        wait_for("the preview", lambda: not shows(untouched))
        return dialog

    desktop.keys(main, "ctrl+comma")
    wait_for("the filled layer", lambda: not shows(photo))
    filled = desktop.canvas()
    desktop.keys(main, "ctrl+z")
    wait_for("the photograph", lambda: shows(photo))
    assert title() == (False, False)

    dialog = preview(photo)
    assert title() == (False, True)
    desktop.keys(dialog, "alt+i")
    middle = (CANVAS[2] - CANVAS[0]) // 2
    left = (0, 0, middle - 20, CANVAS[3] - CANVAS[1])
    wait_for("the split", lambda: not differs(desktop.canvas().crop(left), photo.crop(left)))
    assert not shows(photo)
    desktop.keep_screenshot("split-on-the-canvas")
    desktop.keys(dialog, "Escape")
    wait_for("the photograph", lambda: shows(photo))
    assert title() == (False, False)
    desktop.keys(main, "ctrl+z")  # there is nothing to undo
    desktop.keys(main, "ctrl+y")
    wait_for("the redone fill", lambda: shows(filled))

    desktop.keys(preview(filled), "Escape")
    wait_for("the filled layer", lambda: shows(filled))
    assert title() == (True, False)
    desktop.keys(main, "ctrl+z")
    wait_for("the undone fill", lambda: shows(photo))

    desktop.keys(preview(photo), "alt+p")
    desktop.keys(desktop.window("^Painted –"), "Return")
    wait_for("the window to close", lambda: not desktop.has_window("^Painted –"))
    assert "2 layers" in desktop.title(main)
    desktop.keys(main, "ctrl+z")
    wait_for("the layer to go", lambda: shows(photo))
    assert "2 layers" not in desktop.title(main)
