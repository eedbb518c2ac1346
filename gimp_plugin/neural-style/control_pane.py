"""The rows of settings: the main ones, and the advanced ones in an expander below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, GObject, Gtk

from controls import Control
from window_room import room_below
from words import _

MAX_HEIGHT = 250
"""Pixels. The window stays usable on a screen of 1024 × 700; on a larger one the pane grows."""

WHEEL_STEP = 40
"""Pixels to scroll with each step of the wheel."""


class ControlPane(Gtk.ScrolledWindow):
    """A pane as high as its content, up to a limit; above that it scrolls.

    It scrolls to the advanced settings when they are expanded.
    """

    def __init__(self, plain: Sequence[Control], advanced: Sequence[Control], title: str) -> None:
        super().__init__(
            hscrollbar_policy=Gtk.PolicyType.NEVER, overlay_scrolling=False, can_focus=False
        )
        self.set_propagate_natural_height(True)
        self.set_max_content_height(MAX_HEIGHT)
        self._advanced = Gtk.Expander.new_with_mnemonic(title)
        self._advanced.set_tooltip_text(_("Settings that are seldom changed."))
        grid = _grid(advanced)
        grid.set_margin_start(12)
        grid.set_margin_top(6)
        self._advanced.add(grid)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        box.pack_start(_grid(plain), False, False, 0)
        box.pack_start(self._advanced, False, False, 0)
        self.add(box)
        self._advanced.connect("notify::expanded", lambda *_: self._on_expanded())
        for control in (*plain, *advanced):
            for part in control.parts:
                _for_each_part(part, self._redirect_wheel)

    def _on_expanded(self) -> None:
        """Grow as far as there is room, then scroll to the advanced settings.

        The pane takes what room the widgets beside it in its box do not need.
        """
        is_open = self._advanced.get_expanded()
        child, box = self.get_child(), self.get_parent()
        natural = child.get_preferred_height()[1] if child is not None else 0
        highest = min(natural, MAX_HEIGHT + room_below(self.get_toplevel()))
        self.set_max_content_height(max(MAX_HEIGHT, highest))
        self.set_min_content_height(highest if is_open else -1)
        if isinstance(box, Gtk.Box):
            box.set_child_packing(self, is_open, True, 0, Gtk.PackType.START)
        window = self.get_toplevel()
        if is_open:
            GLib.timeout_add(100, self._show_advanced)
        elif isinstance(window, Gtk.Window):
            window.resize(window.get_size()[0], 1)  # as low as it can be

    def _show_advanced(self) -> bool:
        if self._advanced.get_expanded() and self.get_mapped():
            self.get_vadjustment().set_value(self._advanced.get_allocation().y)
        return False

    def _redirect_wheel(self, widget: Gtk.Widget) -> None:
        """Make the wheel scroll the pane, not change the control under the pointer."""
        widget.connect("scroll-event", self._on_scroll)

    def _on_scroll(self, widget: Gtk.Widget, event: Gdk.EventScroll) -> bool:
        steps = {Gdk.ScrollDirection.UP: -1.0, Gdk.ScrollDirection.DOWN: 1.0}
        step = steps.get(event.direction, event.delta_y)
        adjustment = self.get_vadjustment()
        adjustment.set_value(adjustment.get_value() + step * WHEEL_STEP)
        GObject.signal_stop_emission_by_name(widget, "scroll-event")
        return True


def _for_each_part(widget: Gtk.Widget, call: Callable[[Gtk.Widget], None]) -> None:
    call(widget)
    if isinstance(widget, Gtk.ComboBox):
        widget.forall(lambda part: _for_each_part(part, call))


def _grid(controls: Sequence[Control]) -> Gtk.Grid:
    grid = Gtk.Grid(column_spacing=12, row_spacing=6)
    for row, control in enumerate(controls):
        if control.label is not None:
            grid.attach(control.label, 0, row, 1, 1)
        if control.unit is not None:
            grid.attach(control.widget, 1, row, 1, 1)
            grid.attach(control.unit, 2, row, 1, 1)
        else:
            grid.attach(control.widget, 1, row, 2, 1)
    return grid
