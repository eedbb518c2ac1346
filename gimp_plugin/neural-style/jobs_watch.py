"""Looks every second which jobs, cards and workers the daemon has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gi.repository import GLib

from neural_style_protocol.client import Client
from neural_style_protocol.daemon_messages import Status
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.job_list import JobSummary

EVERY_MS = 1_000

TakeJobs: TypeAlias = "Callable[[Sequence[JobSummary]], None]"


class JobsWatch:
    """Gives each of ``takers`` the list of jobs, as long as a daemon answers.

    Those that are painted or wait come first, in the order of their turns. ``take_status`` gets the
    daemon's status before.
    """

    def __init__(
        self, *takers: TakeJobs, take_status: Callable[[Status], None] = lambda status: None
    ) -> None:
        self._takers = takers
        self._take_status = take_status
        self._timer = 0
        self.client: Client | None = None

    def take_client(self, client: Client) -> None:
        """Ask over this connection from now on."""
        self.client = client
        self.look()
        if not self._timer:
            self._timer = GLib.timeout_add(EVERY_MS, self._look_again)

    def close(self) -> None:
        """Stop looking."""
        self.client = None
        if self._timer:
            GLib.source_remove(self._timer)
            self._timer = 0

    def look(self) -> None:
        """Ask now."""
        with contextlib.suppress(NeuralStyleError):  # it has gone, and may come back
            if self.client is not None:
                status = self.client.status()
                self._take_status(status)
                turns = [line.job for line in status.jobs]
                jobs = {it.job: it for it in self.client.jobs()}
                in_order = [jobs.pop(job) for job in turns if job in jobs] + [*jobs.values()]
                for take in self._takers:
                    take(in_order)

    def _look_again(self) -> bool:
        self.look()
        return True
