"""A request to stop a job, passed between the worker's threads."""

from __future__ import annotations

import threading
from typing import Literal

StopAction = Literal["keep", "discard", "pause"]


class Stop:
    """A request to stop a job, set by the message thread and read by the computing thread.

    ``action`` says what happens to the job. ``checks`` counts how often the request was read: while
    it grows, the job is being computed. ``is_over`` is set when the job has ended.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self.action: StopAction = "keep"
        self.checks = 0
        self.is_over = False

    def request(self, action: StopAction) -> None:
        self.action = action
        self._event.set()

    @property
    def requested(self) -> bool:
        self.checks += 1
        return self._event.is_set()
