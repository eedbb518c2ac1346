"""A request to stop, between the worker's threads."""

from __future__ import annotations

import threading


class Stop:
    """A job's request to stop, set by the talking thread and read by the computing one."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.keep = True

    def request(self, *, keep: bool) -> None:
        self.keep = keep
        self._event.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()
