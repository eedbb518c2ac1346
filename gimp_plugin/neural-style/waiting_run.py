"""A run without a window, for scripts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from gi.repository import Gimp

import connecting
from installation import Installation
from job_request import JobRequest
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.events import Discarded, Disconnected, Failed, Finished, Progress
from neural_style_protocol.pixels import Picture
from words import _

WAIT_SECONDS = 1.0


@contextlib.contextmanager
def progress_bar() -> Iterator[None]:
    """Show GIMP's own progress bar, in GIMP's window or wherever the calling script shows it."""
    Gimp.progress_init(_("Neural Style"))
    try:
        yield
    finally:
        Gimp.progress_end()


def finished_pictures(requests: Sequence[JobRequest], installed: Installation) -> list[Picture]:
    """Submit the requests one after another, and wait for the finished pictures.

    The progress goes to GIMP's progress bar.

    Raises:
        NeuralStyleError: a picture cannot be made.
    """
    with connecting.connect(installed) as client:
        pictures: list[Picture] = []
        job = ""
        for turn, request in enumerate(requests):
            job = request.after(job).submit(client)
            pictures.append(_finished_picture(job, client, turn / len(requests), 1 / len(requests)))
        return pictures


def _finished_picture(job: str, client: Client, done: float, share: float) -> Picture:
    """The picture of ``job``, which is a ``share`` of all the work, after ``done`` of it."""
    while True:
        for event in client.wait(WAIT_SECONDS):
            if isinstance(event, Disconnected):
                raise event.error
            if getattr(event, "job", "") != job:
                continue
            if isinstance(event, Progress):
                Gimp.progress_update(done + share * event.fraction)
            if isinstance(event, Finished):
                return event.picture
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Discarded):
                raise DaemonError(
                    "The picture was discarded from elsewhere.", next_step="Run it again."
                )
