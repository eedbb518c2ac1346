"""The queue in the dialog: the names of the images, their turns, and what can be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.connected_inside import CONNECTED
from gimp.desktop import Desktop
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, until
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

USE = (
    CONNECTED
    + """

    def parts(widget):
        yield widget
        if isinstance(widget, Gtk.Container):
            children = []
            widget.forall(children.append)
            for child in children:
                yield from parts(child)

    view = QueueView("Queue", lambda: client, lambda: watch.look())
    watch = JobsWatch(view.take_jobs)
    watch.client = client

    def shown():
        watch.look()
        kinds = (Gtk.Label, Gtk.Button)
        labels = [it for it in parts(view) if isinstance(it, Gtk.Label)]
        within_buttons = [it for it in labels if isinstance(it.get_parent(), Gtk.Button)]
        cells = [it for it in labels if it not in within_buttons and it.get_parent() is grid]
        return view.get_label(), sorted(
            (grid.child_get_property(it, "top-attach"), grid.child_get_property(it, "left-attach"),
             it.get_text()) for it in cells
        )

    (grid,) = (it for it in parts(view) if isinstance(it, Gtk.Grid))

    def press(name):
        (button,) = (
            it for it in parts(view)
            if isinstance(it, Gtk.Button) and it.get_accessible().get_name() == name
        )
        button.clicked()

    said = [shown()]
    for name in {presses!r}:
        press(name)
        said.append(shown())
    report(said=said)
"""
)


def job(client: Client, title: str, *, preview: bool = False) -> str:
    picture = Picture.of(64, 48, 3, bytes(64 * 48 * 3))
    return client.submit(picture, [(picture, 1.0)], Settings(), title=title, preview=preview)


def test_queue_names_the_images_and_changes_their_turns(
    quick_desktop: Desktop, standin: StandinDaemon, gimp: BatchGimp, larger_photo: Path
) -> None:
    Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
    with standin.client() as client:
        job(client, "harbour.png")
        until(client, events.Progress)
        for title in ("tower.png", ""):
            job(client, title)
            until(client, events.Queued)
        preview = job(client, "preview of a third", preview=True)
        while (finished := until(client, events.Finished)[-1]).job != preview:
            assert finished
        waiting = [it.job for it in client.jobs() if it.state == "queued"]
        quick_desktop.start_gimp(larger_photo)
        run = gimp.python(
            USE.format(
                plugin=str(gimp.profile.plugin),
                connection=str(standin.home.connection_file),
                presses=["First: 64 × 48 pixels", "Pause: tower.png", "Stop: 64 × 48 pixels"],
            ),
            display=quick_desktop.display,
        )
        assert run.report, run.output
        told = [
            [[row, text] for row, column, text in cells if column == 0]
            for _label, cells in run.report["said"]
        ]
        size = "64 × 48 pixels"
        assert told == [
            [[0, "harbour.png"], [1, "tower.png"], [2, size]],
            [[0, "harbour.png"], [1, size], [2, "tower.png"]],
            [[0, "harbour.png"], [1, size], [2, "tower.png"]],
            [[0, "harbour.png"], [1, "tower.png"]],
        ]
        assert run.report["said"][0][0] == "Queue (3)"
        states = {it.title: it.state for it in client.jobs() if it.job in waiting}
        assert states == {"tower.png": "paused"}
