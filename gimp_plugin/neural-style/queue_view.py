"""The queue: what the daemon paints and what waits, by the names of the images."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Pango", "1.0")
from gi.repository import Gtk, Pango

from neural_style_protocol.client import Client
from neural_style_protocol.daemon_messages import WorkerLine
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.job_list import JobSummary
from words import _

LISTED_STATES = ("running", "queued", "paused")
MOST_ROWS = 6
NAME_CHARACTERS = 32


class QueueView(Gtk.Expander):
    """A list that can be folded away, and is hidden while there is nothing in it.

    Args:
        label: the list's name, with its mnemonic.
        client: gives the connection to the daemon; None while there is none.
        on_change: called after the user has changed something.
    """

    def __init__(
        self, label: str, client: Callable[[], Client | None], on_change: Callable[[], None]
    ) -> None:
        super().__init__(use_underline=True, margin=6)
        self.set_no_show_all(True)
        self._words, self._client, self._on_change = label, client, on_change
        self._shown: list[tuple[str, str, str]] = []
        self._rows: dict[str, Gtk.Label] = {}
        self._devices: dict[str, str] = {}
        self._grid = Gtk.Grid(column_spacing=6, row_spacing=6, margin=6)
        self.add(self._grid)
        self._grid.show()
        self.set_tooltip_text(_("What the daemon paints now, and what comes after it."))

    def take_workers(self, workers: Sequence[WorkerLine]) -> None:
        """Take which worker has which jobs; shown with the next jobs if there are several."""
        several = workers if len(workers) > 1 else ()
        self._devices = {job: worker.device for worker in several for job in worker.jobs}

    def take_jobs(self, jobs: Sequence[JobSummary]) -> None:
        """Show those of ``jobs`` that are painted or wait, in their order."""
        waiting = [it for it in jobs if it.state in LISTED_STATES and not it.preview]
        self.set_visible(bool(waiting))
        self.set_label(f"{self._words} ({len(waiting)})")
        shown = [(it.job, it.state, it.title) for it in waiting[:MOST_ROWS]]
        if shown != self._shown:  # otherwise the buttons stay, and with them the focus
            self._shown = shown
            self._fill(waiting[:MOST_ROWS])
        for job in waiting[:MOST_ROWS]:
            self._rows[job.job].set_text(_state_of(job, self._devices.get(job.job, "")))

    def _fill(self, jobs: Sequence[JobSummary]) -> None:
        for child in self._grid.get_children():
            self._grid.remove(child)
        self._rows = {}
        for row, job in enumerate(jobs):
            name = Gtk.Label(
                label=_name_of(job),
                xalign=0.0,
                max_width_chars=NAME_CHARACTERS,
                ellipsize=Pango.EllipsizeMode.MIDDLE,
            )
            state = self._rows[job.job] = Gtk.Label(xalign=0.0, hexpand=True)
            self._grid.attach(name, 0, row, 1, 1)
            self._grid.attach(state, 1, row, 1, 1)
            for column, button in enumerate(self._buttons(job), start=2):
                self._grid.attach(button, column, row, 1, 1)
        self._grid.show_all()

    def _buttons(self, job: JobSummary) -> list[Gtk.Button]:
        words = {
            "front": (_("First"), _("Paint it before the others that wait.")),
            "pause": (_("Pause"), _("Save it, and let the others go first.")),
            "resume": (_("Resume"), _("Go on with the picture.")),
            "stop": (_("Stop"), _("End it, and keep what is painted of it.")),
        }
        offered = {
            "running": ("pause", "stop"),
            "queued": ("front", "pause", "stop"),
            "paused": ("resume", "stop"),
        }
        buttons = []
        for action in offered[job.state]:
            label, help_text = words[action]
            button = Gtk.Button.new_with_mnemonic(label)
            button.set_tooltip_text(help_text)
            button.get_accessible().set_name(f"{label}: {_name_of(job)}")
            button.connect("clicked", lambda _b, action=action: self._act(job.job, action))
            buttons.append(button)
        return buttons

    def _act(self, job: str, action: str) -> None:
        client = self._client()
        if client is None:
            return
        with contextlib.suppress(NeuralStyleError):  # it has ended meanwhile
            if action == "stop":
                client.cancel(job, keep=True)
            else:
                client.change(job, action)
        self._on_change()


def _name_of(job: JobSummary) -> str:
    size = _("{width} × {height} pixels").format(width=job.width, height=job.height)
    return job.title or size


def _state_of(job: JobSummary, device: str) -> str:
    """How far a job is, and on which ``device``; that is empty if there is only one."""
    percent = round(100 * job.step / job.total) if job.total else 0
    if device and job.state == "running":
        words = _("is being painted on {device}: {percent} %")
        return words.format(device=device, percent=percent)
    states = {
        "running": _("is being painted: {percent} %"),
        "queued": _("waits"),
        "paused": _("paused at {percent} %"),
    }
    return states[job.state].format(percent=percent)
