"""A run without a window, for scripts."""

from __future__ import annotations

from daemon_link import CLIENT_NAME
from installation import Installation
from job_request import JobRequest
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.events import Discarded, Disconnected, Failed, Finished
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.pixels import Picture

WAIT_SECONDS = 1.0


def finished_picture(request: JobRequest, installed: Installation) -> Picture:
    """Submit ``request``, and wait for the finished picture.

    Raises:
        NeuralStyleError: the picture cannot be made.
    """
    with connect_or_start(installed.home, installed.command, name=CLIENT_NAME) as client:
        request.submit(client)
        while True:
            for event in client.wait(WAIT_SECONDS):
                if isinstance(event, Finished):
                    return event.picture
                if isinstance(event, (Failed, Disconnected)):
                    raise event.error
                if isinstance(event, Discarded):
                    raise DaemonError(
                        "The picture was discarded from elsewhere.", next_step="Run it again."
                    )
