"""A run without a window, for scripts: wait until the picture is finished."""

from __future__ import annotations

from daemon_link import CLIENT_NAME
from installation import Installation
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.events import Discarded, Disconnected, Failed, Finished
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.pixels import Picture
from order import Order
from words import _

WAIT_SECONDS = 1.0


def finished_picture(order: Order, installed: Installation) -> Picture:
    """The finished picture.

    Raises:
        NeuralStyleError: it cannot be made.
    """
    with connect_or_start(installed.home, installed.command, name=CLIENT_NAME) as client:
        order.submit(client)
        while True:
            for event in client.wait(WAIT_SECONDS):
                if isinstance(event, Finished):
                    return event.picture
                if isinstance(event, (Failed, Disconnected)):
                    raise event.error
                if isinstance(event, Discarded):
                    raise DaemonError(
                        _("The picture was discarded from elsewhere."), next_step=_("Run it again.")
                    )
