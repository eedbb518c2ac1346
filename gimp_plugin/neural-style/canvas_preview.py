"""The preview on the canvas, which the user switches on and off."""

from __future__ import annotations

from collections.abc import Callable

from gi.repository import GLib

import preview_pictures
from canvas_layer import CanvasLayer
from neural_style_protocol.pixels import Picture
from preview_painter import Shown
from source import Source
from update_pace import UpdatePace

SHARE = 0.3
"""The share of the time for drawing: more than while a picture is painted, as the user waits."""


class CanvasPreview:
    """Shows in the image of ``source`` what the dialog's preview shows, while it is on."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._layer: CanvasLayer | None = None
        self._picture: Picture | None = None
        self._line = 0.0
        self._timers: set[int] = set()
        self._pace = UpdatePace(self._draw, self._call_later, share=SHARE)

    def switch(self, is_on: bool) -> None:
        """Show the layer, or remove it."""
        if not is_on:
            self.close()
        elif self._layer is None and self._source.image.is_valid():
            self._layer = CanvasLayer(self._source)
            self._layer.set_line(self._line)
            if self._picture is not None:
                self._pace.show(self._picture)

    def show(self, shown: Shown) -> None:
        """Show another picture of the whole source."""
        self._picture = preview_pictures.one_picture(shown)
        if self._layer is not None:
            self._pace.show(self._picture)

    def show_line(self, place: float) -> None:
        """Move the line to ``place``, in pixels of the source; the original is left of it."""
        self._line = place
        if self._layer is not None:
            self._layer.set_line(place)

    def close(self) -> None:
        """Remove the layer, if it is there."""
        self._pace.forget()
        for timer in self._timers:
            GLib.source_remove(timer)
        self._timers.clear()
        self._pace = UpdatePace(self._draw, self._call_later, share=SHARE)
        if self._layer is not None:
            self._layer.remove()
            self._layer = None

    def _draw(self, picture: Picture) -> None:
        if self._layer is not None and self._layer.exists:
            self._layer.draw(picture, final=False)

    def _call_later(self, seconds: float, call: Callable[[], None]) -> None:
        def run() -> bool:
            self._timers.discard(timer)
            call()
            return False

        timer = GLib.timeout_add(round(1000 * seconds), run)
        self._timers.add(timer)
