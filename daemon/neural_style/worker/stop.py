"""A request to stop, between the worker's threads."""

from __future__ import annotations

import threading
from typing import Literal

Wish = Literal["keep", "discard", "pause"]


class Stop:
    """A job's request to stop, set by the talking thread and read by the computing one.

    ``looks`` counts how often it was read: while that changes, the job is being computed.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self.wish: Wish = "keep"
        self.looks = 0

    def request(self, wish: Wish) -> None:
        self.wish = wish
        self._event.set()

    @property
    def requested(self) -> bool:
        self.looks += 1
        return self._event.is_set()
