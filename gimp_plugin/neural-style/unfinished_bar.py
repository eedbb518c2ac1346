"""The bar that offers to fetch the picture of an unfinished run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

import unfinished
from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.job_list import JobSummary
from neural_style_protocol.paths import Home
from unfinished import UnfinishedRun
from words import _

FETCH, FORGET = 1, 2
OFFERED_STATES = frozenset(("queued", "running", "paused", "done"))


class UnfinishedBar(Gtk.InfoBar):
    """Offers ``runs`` one by one, the newest first; ``on_fetch`` is called with the chosen one.

    The bar shows each run's state in the daemon as soon as it is known.
    """

    def __init__(
        self,
        runs: Sequence[UnfinishedRun],
        home: Home,
        labels: tuple[str, str],
        on_fetch: Callable[[UnfinishedRun], None],
    ) -> None:
        super().__init__(message_type=Gtk.MessageType.QUESTION)
        self._runs = list(runs)
        self._home = home
        self._on_fetch = on_fetch
        self._jobs: Mapping[str, JobSummary] | None = None
        self._text = Gtk.Label(wrap=True, xalign=0.0)
        self.get_content_area().add(self._text)
        self._text.show()
        fetch, forget = labels
        wanted = self.add_button(fetch, FETCH)
        wanted.set_tooltip_text(_("Put it into a new layer, and go on with it if need be."))
        dismiss = self.add_button(forget, FORGET)
        dismiss.set_tooltip_text(_("Do not offer it again. The daemon keeps it for a while."))
        self.set_no_show_all(True)
        self.connect("response", self._answer)
        self._show()

    def take_client(self, client: Client) -> None:
        """Ask for the state of the runs; missing and failed ones are no longer offered."""
        if not self._runs:
            return
        with contextlib.suppress(NeuralStyleError):
            self._jobs = {job.job: job for job in client.jobs()}
            self._drop_missing(self._jobs)
            self._show()

    def _drop_missing(self, jobs: Mapping[str, JobSummary]) -> None:
        for run in list(self._runs):
            if run.job not in jobs:  # it may belong to another daemon, which is not in use now
                self._runs.remove(run)
            elif jobs[run.job].state not in OFFERED_STATES:
                unfinished.forget(self._home, run.job)
                self._runs.remove(run)

    def _answer(self, _bar: Gtk.InfoBar, response: int) -> None:
        if response == FETCH:
            self._on_fetch(self._runs[0])
        else:
            unfinished.forget(self._home, self._runs.pop(0).job)
            self._show()

    def _show(self) -> None:
        self.set_visible(bool(self._runs))
        if self._runs:
            more = len(self._runs) - 1
            words = self._description(self._runs[0])
            if more:
                words += " " + _("{count} more after it.").format(count=more)
            self._text.set_text(words)

    def _description(self, run: UnfinishedRun) -> str:
        job = self._jobs.get(run.job) if self._jobs is not None else None
        if job is None:
            return _("“{name}” was not waited for.").format(name=run.name)
        percent = round(100 * job.step / job.total) if job.total else 0
        texts = {
            "done": _("“{name}” was not waited for. It is finished."),
            "paused": _("“{name}” was interrupted at {percent} %. It can go on from there."),
            "queued": _("“{name}” is waiting for its turn."),
            "running": _("“{name}” is being painted: {percent} %."),
        }
        return texts[job.state].format(name=run.name, percent=percent)
