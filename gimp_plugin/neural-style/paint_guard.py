"""Keeps *Paint* off while the picture cannot be painted, so that no error closes the dialog."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gio, Gtk

import arguments
import style_image
from chosen_styles import ChosenStyles
from neural_style_protocol.errors import NeuralStyleError
from style_image import StyleImage
from style_mix import Region

CHECKED_SIDE = 16
"""The style images are read at this size to see whether they can be read at all."""


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
        can_paint = self._has_styles and self._is_possible()
        self._window.set_response_sensitive(Gtk.ResponseType.OK, can_paint)

    def problem(self) -> NeuralStyleError | None:
        """Why the picture cannot be painted; None if nothing is known against it."""
        self.update()
        try:
            arguments.settings_of(self._config)
            ChosenStyles.of(self._config).read(_read_small)
        except NeuralStyleError as error:
            return error
        return None

    @property
    def _has_styles(self) -> bool:
        with contextlib.suppress(NeuralStyleError):
            return ChosenStyles.of(self._config).exist
        return False


def _read_small(file: Gio.File | None, layer: Gimp.Layer | None, part: Region | None) -> StyleImage:
    return style_image.read(file, layer, part, longest_side=CHECKED_SIDE)
