"""The row of the dialog that says which layer is painted, and lets the user choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk, Pango

from originals import SourceChoice
from words import _


class SourceRow(Gtk.Box):
    """Shows the first of ``choices``; ``on_choice`` is called when the user takes another."""

    def __init__(
        self, choices: Sequence[SourceChoice], on_choice: Callable[[SourceChoice], None]
    ) -> None:
        super().__init__(spacing=12)
        title = Gtk.Label(label=_("Paint:"), xalign=0.0)
        self.pack_start(title, False, False, 0)
        if len(choices) == 1:
            short = Pango.EllipsizeMode.MIDDLE
            name = Gtk.Label(label=choices[0].label, xalign=0.0, hexpand=True, ellipsize=short)
            self.pack_start(name, True, True, 0)
            return
        combo = Gtk.ComboBoxText()
        for number, choice in enumerate(choices):
            combo.append(str(number), choice.label)
        for cell in combo.get_cells():  # so that long names do not widen the window
            cell.set_property("ellipsize", Pango.EllipsizeMode.MIDDLE)
        combo.set_active_id("0")
        combo.get_accessible().set_name(_("Paint:"))
        combo.set_tooltip_text(_("A painted layer is painted anew from the layer that it shows."))
        combo.connect("changed", lambda _combo: on_choice(choices[int(combo.get_active_id())]))
        self.pack_start(combo, True, True, 0)
