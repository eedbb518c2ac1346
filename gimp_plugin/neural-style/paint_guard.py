"""Keeps *Paint* off while the picture cannot be painted, so that no error closes the dialog."""

from __future__ import annotations

from collections.abc import Callable

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gtk

import arguments
import style_image
from neural_style_protocol.errors import NeuralStyleError

CHECKED_SIDE = 16
"""The style image is read at this size to see whether it can be read at all."""


class PaintGuard:
    """Switches *Paint* of ``window`` on and off, as the style of ``config`` comes and goes."""

    def __init__(
        self, window: Gtk.Dialog, config: Gimp.ProcedureConfig, is_possible: Callable[[], bool]
    ) -> None:
        self._window, self._config, self._is_possible = window, config, is_possible
        config.connect("notify", lambda *_: self.update())
        window.connect("focus-in-event", lambda *_: self.update())  # a file may have come or gone
        self.update()

    def update(self) -> None:
        """Look again."""
        can_paint = self._has_style and self._is_possible()
        self._window.set_response_sensitive(Gtk.ResponseType.OK, can_paint)

    def problem(self) -> NeuralStyleError | None:
        """Why the picture cannot be painted; None if nothing is known against it."""
        self.update()
        try:
            arguments.settings_of(self._config)
            style_image.read(*self._style, longest_side=CHECKED_SIDE)
        except NeuralStyleError as error:
            return error
        return None

    @property
    def _style(self) -> style_image.Chosen:
        file = self._config.get_property(arguments.STYLE)
        return file, self._config.get_property(arguments.STYLE_LAYER)

    @property
    def _has_style(self) -> bool:
        file, layer = self._style
        if layer is not None:
            return bool(layer.is_valid())
        return file is not None and bool(file.query_exists(None))
