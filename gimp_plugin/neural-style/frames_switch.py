"""The switch of the dialog by which several layers are the frames of an animation."""

from __future__ import annotations

from collections.abc import Sequence

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gtk

import arguments
from controls import BOTH_WAYS
from source import Source
from words import _


class FramesSwitch(Gtk.Box):
    """Shows and sets the argument of ``config``; it is there for several layers alone."""

    def __init__(self, config: Gimp.ProcedureConfig, text: str) -> None:
        super().__init__(margin=12, no_show_all=True)
        switch = Gtk.CheckButton.new_with_mnemonic(text)
        switch.set_tooltip_text(
            _(
                "Several layers are the frames of an animation, the lowest first. Each is painted "
                "after the one before it, so that strokes follow what they are on."
            )
        )
        switch.show()
        self.pack_start(switch, False, False, 0)
        config.bind_property(arguments.FRAMES, switch, "active", BOTH_WAYS)

    def show_sources(self, found: Sequence[Source]) -> None:
        """Be there, or not, for these sources."""
        self.set_visible(len(found) > 1)
