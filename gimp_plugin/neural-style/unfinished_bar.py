"""The bar that offers to fetch the picture of an unfinished run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

import thumbnails
import unfinished
from neural_style_protocol.job_list import JobSummary
from neural_style_protocol.paths import Home
from unfinished import UnfinishedRun, Wanted
from words import _

FETCH, FORGET, FETCH_AS_NEW = 1, 2, 3
THUMBNAIL_SIDE = 64
OFFERED_STATES = frozenset(("queued", "running", "paused", "done"))


@dataclass(frozen=True)
class Labels:
    """The labels of the buttons, with their mnemonics."""

    get: str
    as_new: str
    into_this: str
    forget: str


class UnfinishedBar(Gtk.InfoBar):
    """Offers ``runs`` one by one, the newest first; ``on_fetch`` is called with the chosen one.

    The bar shows each run's state in the daemon as soon as it is known. ``belongs_here`` says
    whether a run painted the image that is open. If it did not, the user chooses where its picture
    goes.
    """

    def __init__(
        self,
        runs: Sequence[UnfinishedRun],
        home: Home,
        labels: Labels,
        belongs_here: Callable[[UnfinishedRun], bool],
        on_fetch: Callable[[Wanted], None],
    ) -> None:
        super().__init__(message_type=Gtk.MessageType.QUESTION)
        self._runs = list(runs)
        self._home = home
        self._on_fetch, self._belongs_here = on_fetch, belongs_here
        self._jobs: Mapping[str, JobSummary] | None = None
        self._picture = Gtk.Image()
        self._text = Gtk.Label(wrap=True, xalign=0.0, max_width_chars=50)
        for widget in (self._picture, self._text):
            self.get_content_area().add(widget)
            widget.show()
        new, get, into_this, _forget = (
            self._button(*it)
            for it in (
                (labels.as_new, FETCH_AS_NEW, _("Make a new image of it.")),
                (labels.get, FETCH, _("Put it into a new layer, and go on with it if need be.")),
                (labels.into_this, FETCH, _("Put it into a new layer of the image that is open.")),
                (
                    labels.forget,
                    FORGET,
                    _("Do not offer it again. The daemon keeps it for a while."),
                ),
            )
        )
        self._for_others, self._for_this = (new, into_this), (get,)
        self.set_no_show_all(True)
        self.connect("response", self._answer)
        self._show()

    def _button(self, label: str, response: int, help_text: str) -> Gtk.Button:
        button = self.add_button(label, response)
        button.set_tooltip_text(help_text)
        button.set_no_show_all(True)
        button.show()
        return button

    def take_jobs(self, jobs: Sequence[JobSummary]) -> None:
        """Show the states of the runs; missing and failed ones are no longer offered."""
        self._jobs = {job.job: job for job in jobs}
        offered = self._runs[:1]
        self._drop_missing(self._jobs)
        if self._runs[:1] == offered:
            self._say()
        else:
            self._show()

    def _drop_missing(self, jobs: Mapping[str, JobSummary]) -> None:
        for run in list(self._runs):
            if run.job not in jobs:  # it may belong to another daemon, which is not in use now
                self._runs.remove(run)
            elif jobs[run.job].state not in OFFERED_STATES:
                unfinished.forget(self._home, run.job)
                self._runs.remove(run)

    def _answer(self, _bar: Gtk.InfoBar, response: int) -> None:
        if response in (FETCH, FETCH_AS_NEW):
            self._on_fetch(Wanted(self._runs[0], response == FETCH_AS_NEW))
        else:
            unfinished.forget(self._home, self._runs.pop(0).job)
            self._show()

    def _show(self) -> None:
        self.set_visible(bool(self._runs))
        if self._runs:
            run = self._runs[0]
            here = self._belongs_here(run)
            for button in self._for_others:
                button.set_visible(not here)
            for button in self._for_this:
                button.set_visible(here)
            path = unfinished.thumbnail_of(self._home, run)
            self._picture.set_from_pixbuf(thumbnails.thumbnail(path, THUMBNAIL_SIDE))
            self._say()

    def _say(self) -> None:
        """Show what is known of the first run."""
        if self._runs:
            run = self._runs[0]
            size = {"width": run.width, "height": run.height}
            where = _("Painted for {image}, {width} × {height} pixels.")
            words = [where.format(image=run.image_name, **size)] if run.image_name else []
            words.insert(0, self._description(run))
            if more := len(self._runs) - 1:
                words.append(_("{count} more after it.").format(count=more))
            self._text.set_text(" ".join(words))

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
