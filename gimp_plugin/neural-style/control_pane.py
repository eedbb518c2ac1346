"""The settings in rows: the plain ones, and the advanced ones folded away below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, GObject, Gtk

from controls import Control
from words import _

MOST_HEIGHT = 250
"""In pixels: the window stays usable on a screen of 1024 × 700."""

TURN = 40
"""So many pixels it moves with each turn of the wheel."""


class ControlPane(Gtk.ScrolledWindow):
    """As high as what it holds, up to a limit; from there on it can be scrolled.

    What is unfolded comes into sight by itself.
    """

    def __init__(self, plain: Sequence[Control], advanced: Sequence[Control], title: str) -> None:
        super().__init__(
            hscrollbar_policy=Gtk.PolicyType.NEVER, overlay_scrolling=False, can_focus=False
        )
        self.set_propagate_natural_height(True)
        self.set_max_content_height(MOST_HEIGHT)
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
        self._advanced.connect("notify::expanded", lambda *_: self._unfolded())
        for control in (*plain, *advanced):
            _each_part(control.widget, self._leave_wheel_to_pane)

    def _unfolded(self) -> None:
        """The room that it takes now is given first, and then what is in it can be shown."""
        is_open = self._advanced.get_expanded()
        child = self.get_child()
        natural = child.get_preferred_height()[1] if child is not None else 0
        self.set_min_content_height(min(natural, MOST_HEIGHT) if is_open else -1)
        if is_open:
            GLib.timeout_add(100, self._show_advanced)

    def _show_advanced(self) -> bool:
        if self._advanced.get_expanded() and self.get_mapped():
            self.get_vadjustment().set_value(self._advanced.get_allocation().y)
        return False

    def _leave_wheel_to_pane(self, widget: Gtk.Widget) -> None:
        """Whoever turns the wheel to see more does not want to change what comes by."""
        widget.connect("scroll-event", self._turned)

    def _turned(self, widget: Gtk.Widget, event: Gdk.EventScroll) -> bool:
        steps = {Gdk.ScrollDirection.UP: -1.0, Gdk.ScrollDirection.DOWN: 1.0}
        step = steps.get(event.direction, event.delta_y)
        place = self.get_vadjustment()
        place.set_value(place.get_value() + step * TURN)
        GObject.signal_stop_emission_by_name(widget, "scroll-event")
        return True


def _each_part(widget: Gtk.Widget, call: Callable[[Gtk.Widget], None]) -> None:
    call(widget)
    if isinstance(widget, Gtk.ComboBox):
        widget.forall(lambda part: _each_part(part, call))


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
