"""Several selected layers are painted one by one, and one undo removes all results."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop, wait_for

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]


def test_each_selected_layer_gets_one_above_it(gimp: BatchGimp, photo: Path, images: Path) -> None:
    run = gimp.python(f"""
        image = load({str(photo)!r})
        bottom = image.get_layers()[0]
        layers = [bottom]
        for name, x in (("middle", 20), ("top", -30)):
            layer = bottom.copy()
            layer.set_name(name)
            layer.set_offsets(x, 0)
            image.insert_layer(layer, None, 0)
            layers.insert(0, layer)
        top, middle, bottom = layers
        style = {str(images / "flower.jpg")!r}
        quick = dict(style=style, preset="draft", size=64, iterations=2)
        status, first = call(image, [top, bottom], **quick)
        made = [l for l in image.get_layers() if l not in layers]
        order = [l.get_name() if l in layers else "new" for l in image.get_layers()]
        offsets = [list(l.get_offsets())[-2:] for l in made]

        image.select_rectangle(Gimp.ChannelOps.REPLACE, 131, 0, 29, 60)
        status_selected, only = call(image, [top, middle], **quick)
        after = [l for l in image.get_layers() if l not in layers + made]
        report(
            status=status, order=order, offsets=offsets, first=made.index(first),
            status_selected=status_selected,
            selected=[list(l.get_offsets())[-2:] for l in after],
        )
    """)
    assert run.report == {
        "status": "success",
        "order": ["new", "top", "middle", "new", "Background"],
        "offsets": [[-30, 0], [0, 0]],
        "first": 0,
        "status_selected": "success",
        "selected": [[131, 0]],  # the selection does not touch the top one
    }, run.output


def test_one_undo_removes_all_layers(
    quick_desktop: Desktop, gimp: BatchGimp, larger_photo: Path, images: Path, tmp_path: Path
) -> None:
    two = tmp_path / "two.xcf"
    made = gimp.python(f"""
        image = load({str(larger_photo)!r})
        bottom = image.get_layers()[0]
        top = bottom.copy()
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
    desktop.keep_screenshot("several-layers")
    desktop.keys(dialog, "alt+p")
    ended = desktop.window("^Painted –")
    desktop.move_aside(ended)
    assert "4 layers" in desktop.title(main)
    desktop.keep_screenshot("both-painted")
    desktop.keys(ended, "Return")
    desktop.keys(main, "ctrl+z")
    wait_for("the one undo", lambda: "2 layers" in desktop.title(main))
