"""The picture beside the controls: what the settings would make of it, painted small."""

from __future__ import annotations

import dataclasses
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk

import arguments
import scaling
import source as sources
import style_image
from daemon_link import DaemonLink
from installation import Installation
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.events import (
    Disconnected,
    Event,
    Failed,
    Finished,
    Preview,
    Progress,
    Queued,
)
from neural_style_protocol.pixels import Picture
from order import Order
from source import Source
from words import _, error_text

PAINTED_SIDE = 224
"""Longest side of what is painted: a first picture within a second or two without a GPU."""

SHOWN_WIDTH, SHOWN_HEIGHT = 420, 340
STYLE_SIDE = 512
SETTLE_MS = 300
"""How long the controls rest before the preview starts anew."""


class LivePreview(Gtk.Box):  # type: ignore[misc]
    """Follows ``config``: each change is painted anew, from the daemon, while the person thinks."""

    def __init__(
        self, config: Any, source: Source, installed: Installation, compare_text: str
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._config = config
        self._before = sources.reduced(source, max(SHOWN_WIDTH, SHOWN_HEIGHT))
        self._content = sources.reduced(source, PAINTED_SIDE)
        self._after: Picture | None = None
        self._image, self._state = Gtk.Image(), Gtk.Label(xalign=0.0, wrap=True)
        self._compare = Gtk.ToggleButton.new_with_mnemonic(compare_text)
        self._fill()
        self._job = ""
        self._waiting = 0
        self._styles: dict[str, Picture] = {}
        self._link = DaemonLink(
            installed,
            on_state=lambda text: self._state.set_text(_(text)),
            on_client=lambda _client: self._start(),
            on_event=self._handle,
            on_error=self._show_error,
        )
        self._changed = config.connect("notify", lambda *_: self._settle())

    def close(self) -> None:
        """End the preview's own job and connection."""
        self._config.disconnect(self._changed)
        if self._waiting:
            GLib.source_remove(self._waiting)
        self._cancel()
        self._link.close()

    def _fill(self) -> None:
        frame = Gtk.Frame()
        frame.add(self._image)
        self._image.set_size_request(SHOWN_WIDTH, SHOWN_HEIGHT)
        self._image.get_accessible().set_name(_("Preview"))
        self._compare.set_tooltip_text(_("Show the picture as it is now."))
        self._compare.connect("toggled", lambda _button: self._show())
        self._state.set_size_request(SHOWN_WIDTH - 120, -1)
        self._state.set_max_width_chars(40)
        row = Gtk.Box(spacing=8)
        row.pack_start(self._state, True, True, 0)
        row.pack_start(self._compare, False, False, 0)
        self.pack_start(frame, True, True, 0)
        self.pack_start(row, False, False, 0)
        self._state.set_text(_("Connecting to the daemon…"))
        self._show()

    def _show(self) -> None:
        after = None if self._compare.get_active() else self._after
        colours = scaling.without_alpha(after or self._before)
        share = min(SHOWN_WIDTH / self._before.width, SHOWN_HEIGHT / self._before.height)
        width = max(1, round(self._before.width * share))
        height = max(1, round(self._before.height * share))
        self._image.set_from_pixbuf(
            scaling.pixbuf(scaling.scaled(colours, width, height, fine=False))
        )

    # --- painting ---------------------------------------------------------------------------

    def _settle(self) -> None:
        if self._waiting:
            GLib.source_remove(self._waiting)
        self._waiting = GLib.timeout_add(SETTLE_MS, self._on_settled)

    def _on_settled(self) -> bool:
        self._waiting = 0
        self._start()
        return False

    def _start(self) -> None:
        client = self._link.client
        if client is None:
            return
        self._cancel()
        if self._style_file() is None and self._style_layer() is None:
            self._state.set_text(_("Choose a style image."))
            return
        try:
            self._job = self._order().submit(client)
            self._state.set_text(_("Painting a preview…"))
        except NeuralStyleError as error:
            self._show_error(error)

    def _order(self) -> Order:
        settings = arguments.settings_of(self._config)
        small = dataclasses.replace(settings, preset="draft", size=PAINTED_SIDE, iterations=0)
        return Order(self._content, self._style(), small)

    def _style_file(self) -> Any:
        return self._config.get_property(arguments.STYLE)

    def _style_layer(self) -> Any:
        return self._config.get_property(arguments.STYLE_LAYER)

    def _style(self) -> Picture:
        file, layer = self._style_file(), self._style_layer()
        if layer is not None:  # it may have changed since the last time
            return style_image.read(None, layer, longest_side=STYLE_SIDE).picture
        uri = file.get_uri()
        if uri not in self._styles:
            read = style_image.read(file, None, longest_side=STYLE_SIDE)
            self._styles[uri] = read.picture
        return self._styles[uri]

    def _cancel(self) -> None:
        if self._job and self._link.client is not None:
            self._link.client.cancel(self._job, keep=False)
        self._job = ""

    def _handle(self, event: Event) -> None:
        if isinstance(event, Disconnected):
            self._show_error(event.error)
        elif getattr(event, "job", "") != self._job:
            return  # what is left of a preview that nobody wants any more
        elif isinstance(event, Queued) and event.position > 1:  # its own last one may still end
            self._state.set_text(_("Busy: {count} before you").format(count=event.position))
        elif isinstance(event, Progress):
            self._state.set_text(_("Preview: {percent:.0f} %").format(percent=100 * event.fraction))
        elif isinstance(event, (Preview, Finished)):
            self._after = event.picture
            self._show()
        if isinstance(event, Finished):
            self._job = ""
            self._state.set_text(_("This is a small preview; the layer gets more detail."))
        elif isinstance(event, Failed):
            self._job = ""
            self._show_error(event.error)

    def _show_error(self, error: Exception) -> None:
        self._state.set_text(error_text(error))
