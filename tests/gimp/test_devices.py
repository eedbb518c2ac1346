"""The graphics cards in the dialog, and which of them paints what."""

from __future__ import annotations

import pytest

from gimp.batch import BatchGimp
from gimp.connected_inside import CONNECTED
from gimp.desktop import Desktop
from neural_style_protocol import events
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, until
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

USE = (
    CONNECTED
    + """
    from neural_style_protocol.settings import setting
    from controls import Mnemonics, control_for
    from device_choice import DeviceChoice
    config = Gimp.get_pdb().lookup_procedure("plug-in-neural-style").create_config()
    config.set_property("device", "cuda:7")
    combo = control_for(setting("device"), config, Mnemonics(Gtk.Window())).widget
    choice = DeviceChoice(config, combo)

    def state():
        rows = [[row[1], row[0]] for row in combo.get_model()]
        return rows, combo.get_active_id(), config.get_property("device")

    def take(status):
        choice.take_cards(status.cards)
        queue.take_workers(status.workers)

    queue = QueueView("Queue", lambda: client, lambda: None)
    watch = JobsWatch(queue.take_jobs, take_status=take)
    watch.client = client
    states = [state()]
    watch.look()
    states.append(state())
    combo.set_active_id("cuda:1")
    states.append(state())
    config.set_property("device", "cuda:3")
    states.append(state())
    watch.look()
    states.append(state())

    def texts(widget):
        if isinstance(widget, Gtk.Label):
            yield widget.get_text()
        if isinstance(widget, Gtk.Container):
            children = []
            widget.forall(children.append)
            for child in children:
                yield from texts(child)

    report(states=states, queue=list(texts(queue)))
"""
)

OWN = [["auto", "The fastest that there is"], ["cpu", "The processor"]]
EARLIER = [["cuda:7", "Graphics card cuda:7"]]
CARDS = [["cuda:0", "card 0 (cuda:0), 1.0 GB free"], ["cuda:1", "card 1 (cuda:1), 2.0 GB free"]]
LATER = [["cuda:3", "Graphics card cuda:3"]]


def test_the_cards_can_be_chosen_and_the_queue_tells_which_of_them_paints(
    quick_desktop: Desktop, standin: StandinDaemon, gimp: BatchGimp
) -> None:
    Script(endless=True, seconds_per_step=0.05, cards=2).write(standin.home.root)
    picture = Picture.of(64, 48, 3, bytes(64 * 48 * 3))
    with standin.client() as client:
        for title in ("harbour.png", "tower.png"):
            client.submit(picture, [(picture, 1.0)], Settings(), title=title)
            until(client, events.Started)
        run = gimp.python(
            USE.format(
                plugin=str(gimp.profile.plugin), connection=str(standin.home.connection_file)
            ),
            display=quick_desktop.display,
        )
    assert run.report, run.output
    assert run.report["states"] == [
        [[*OWN, *EARLIER], "cuda:7", "cuda:7"],
        [[*OWN, *EARLIER, *CARDS], "cuda:7", "cuda:7"],
        [[*OWN, *EARLIER, *CARDS], "cuda:1", "cuda:1"],
        [[*OWN, *EARLIER, *CARDS, *LATER], "cuda:3", "cuda:3"],
        [[*OWN, *EARLIER, *CARDS, *LATER], "cuda:3", "cuda:3"],
    ]
    painted = [text for text in run.report["queue"] if text.startswith("is being painted")]
    assert sorted(text.partition(":")[0] for text in painted) == [
        "is being painted on card 0",
        "is being painted on card 1",
    ]
