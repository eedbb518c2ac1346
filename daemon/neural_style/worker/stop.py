"""A request to stop, between the worker's threads."""

from __future__ import annotations

import threading
from typing import Literal

Wish = Literal["keep", "discard", "pause"]


class Stop:
    """A job's request to stop, set by the talking thread and read by the computing one."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.wish: Wish = "keep"

    def request(self, wish: Wish) -> None:
        self.wish = wish
        self._event.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()
