"""The window of a run: progress, time left, *Stop and keep*, *Discard*.

GIMP's own progress bar is not used: its Cancel button would end the plug-in on the spot.
"""

from __future__ import annotations

import time
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, GLib, Gtk

import unfinished
from daemon_link import DaemonLink
from installation import Installation
from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.events import (
    Discarded,
    Disconnected,
    Event,
    Failed,
    Finished,
    Notice,
    Paused,
    Preview,
    Progress,
    Queued,
    Started,
)
from neural_style_protocol.pixels import Picture
from order import Order
from result_layer import ResultLayer
from sparkline import sparkline
from unfinished import UnfinishedRun
from words import _, duration

ROLE = "neural-style-run"
STOP_AND_KEEP, DISCARD = 1, 2
SPARKLINE_WIDTH = 40
DRAWING_SHARE = 0.15
"""Most of the time that drawing previews into the layer may take."""


def run(order: Order | UnfinishedRun, installed: Installation, result: ResultLayer) -> Any:
    """Paint in the new layer while a window shows how far it is; None if it was discarded.

    Raises:
        NeuralStyleError: the picture cannot be made; what was painted so far stays.
    """
    GimpUi.init(ROLE)
    Gimp.displays_flush()
    painting = _Painting(order, installed, result)
    try:
        painting.main_loop()
    except NeuralStyleError:
        if not result.drawn:
            result.remove()
        raise
    finally:
        Gimp.displays_flush()
    return result.layer if result.is_there else None


class _Painting:
    """One run, its window and its main loop."""

    def __init__(
        self, order: Order | UnfinishedRun, installed: Installation, result: ResultLayer
    ) -> None:
        self._order = order
        self._installed = installed
        self._result = result
        self._loop = GLib.MainLoop()
        self._job = ""
        self._error: Exception | None = None
        self._wish = 0
        self._next_drawing = 0.0
        self._window = GimpUi.Dialog(title=_("Painting"), role=ROLE)
        self._state, self._bar = Gtk.Label(xalign=0.0, wrap=True), Gtk.ProgressBar(show_text=True)
        self._losses, self._history = Gtk.Label(xalign=0.0), list[float]()
        self._fill_window()

    def main_loop(self) -> None:
        """Run until the picture is finished, stopped, discarded or has failed."""
        self._window.show_all()
        self._link = DaemonLink(
            self._installed,
            on_state=lambda text: self._state.set_text(_(text)),
            on_client=self._place_order,
            on_event=self._handle,
            on_error=self._fail,
        )
        try:
            self._loop.run()
        finally:
            self._link.close()
            self._window.destroy()
        if self._error is not None:
            raise self._error

    # --- the window -------------------------------------------------------------------------

    def _fill_window(self) -> None:
        self._window.add_button(_("_Discard"), DISCARD)
        self._window.add_button(_("_Stop and keep"), STOP_AND_KEEP)
        self._window.set_default_response(STOP_AND_KEEP)
        self._window.set_default_size(420, -1)
        self._window.connect("response", self._on_response)
        self._state.set_text(_("Connecting to the daemon…"))
        self._bar.set_text("")
        box = self._window.get_content_area()
        box.set_spacing(12)
        box.set_border_width(12)
        box.pack_start(self._state, False, False, 0)
        box.pack_start(self._bar, False, False, 0)
        self._losses.set_tooltip_text(_("How the loss falls from step to step."))
        box.pack_start(self._losses, False, False, 0)

    def _on_response(self, window: Any, response: int) -> None:
        # Closing the window is not a wish to lose the picture.
        self._wish = DISCARD if response == DISCARD else STOP_AND_KEEP
        for button in (DISCARD, STOP_AND_KEEP):
            window.set_response_sensitive(button, False)
        self._state.set_text(_("Stopping…"))
        if self._job:
            self._send_wish()

    def _send_wish(self) -> None:
        client = self._link.client
        if client is not None:
            client.cancel(self._job, keep=self._wish == STOP_AND_KEEP)
        if self._wish == DISCARD:
            self._result.remove()
            self._end()

    # --- the daemon -------------------------------------------------------------------------

    def _place_order(self, client: Client) -> None:
        self._job = self._order.submit(client)
        unfinished.remember(self._installed.home, self._result.as_run(self._job))
        if self._wish:
            self._send_wish()

    def _handle(self, event: Event) -> None:
        match event:
            case Queued(position=0) | Started():
                self._state.set_text(_("Starting…"))
            case Queued(position=position):
                self._state.set_text(_("Busy: {count} before you").format(count=position))
            case Progress():
                self._show_progress(event)
            case Paused():
                self._state.set_text(_("Paused from elsewhere"))
            case Notice(text=text):
                self._state.set_text(_(text))
            case Preview(picture=picture):
                self._draw_in_time(picture)
            case Finished(picture=picture):
                if self._result.is_there:
                    self._result.draw(picture, final=True)
                self._end()
            case Failed(error=error):
                self._error = error
                self._end()
            case Disconnected(error=error):
                self._fail(_interrupted(error))
            case Discarded():
                self._result.remove()
                self._end()

    def _show_progress(self, progress: Progress) -> None:
        if self._wish:
            return
        self._state.set_text(
            _("Painting: step {step} of {total}, {width} × {height} pixels").format(
                step=progress.step,
                total=progress.total,
                width=progress.width,
                height=progress.height,
            )
        )
        self._bar.set_fraction(min(1.0, max(0.0, progress.fraction)))
        words = f"{100 * progress.fraction:.0f} %"
        if progress.remaining is not None:
            words += "  ·  " + _("{time} left").format(time=duration(progress.remaining))
        self._bar.set_text(words)
        self._history.append(progress.losses.total)
        self._losses.set_text(sparkline(self._history, SPARKLINE_WIDTH))

    def _draw_in_time(self, picture: Picture) -> None:
        """Draw a preview, or leave it out if drawing has just taken its share of the time."""
        if time.monotonic() < self._next_drawing:
            return
        if not self._result.is_there:  # the person has deleted it, so nobody waits for it
            self._wish = DISCARD
            self._send_wish()
            return
        began = time.monotonic()
        self._result.draw(picture, final=False)
        Gimp.displays_flush()
        ended = time.monotonic()
        self._next_drawing = ended + (ended - began) * (1 / DRAWING_SHARE - 1)

    def _end(self) -> None:
        unfinished.forget(self._installed.home, self._job)
        self._loop.quit()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._loop.quit()


def _interrupted(error: NeuralStyleError) -> NeuralStyleError:
    """The daemon keeps the job's checkpoints, and the dialog offers what was not waited for."""
    return type(error)(
        _(error.sentence),
        next_step=_("Run the filter again: it starts the daemon and offers to go on."),
    )
