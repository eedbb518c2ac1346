"""A daemon whose queue is full: what it has refused is sent again when there is room."""

from __future__ import annotations

import time
from collections.abc import Callable

from neural_style_protocol.client import Client
from neural_style_protocol.errors import BusyError

FULL_SECONDS = 2.0
"""How long after a full queue has refused a picture it is sent again."""


class FullQueue:
    """Sends pictures to the daemon of ``client``, which may have no room for them yet."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._next_try = 0.0
        self._was_empty = False

    @property
    def may_have_room(self) -> bool:
        """Whether it is time to send a picture."""
        return time.monotonic() >= self._next_try

    def sent(self, send: Callable[[], str]) -> str:
        """The job that ``send`` returns; empty if the queue is full, so that it must be repeated.

        Raises:
            BusyError: there will never be room for this one, however long it waits.
            NeuralStyleError: it cannot be sent, or the daemon does not answer.
        """
        try:
            job = send()
        except BusyError:
            is_empty = not self._client.status().jobs
            if is_empty and self._was_empty:
                raise
            # Those that were there at the refusal may have ended since: then it is sent at once.
            self._was_empty = is_empty
            self._next_try = time.monotonic() + (0.0 if is_empty else FULL_SECONDS)
            return ""
        self._was_empty = False
        return job
