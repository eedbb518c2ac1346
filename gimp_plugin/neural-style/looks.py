"""The look of buttons that are switched on."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

SWITCHED_ON = b"""
button:checked {
    background: @theme_selected_bg_color;
    color: @theme_selected_fg_color;
    border-color: @theme_selected_bg_color;
}
button:checked label { color: @theme_selected_fg_color; }
"""


def show_when_on(button: Gtk.ToggleButton) -> None:
    """Give ``button`` the colour of what is selected while it is on.

    In GIMP's dark theme it would look almost the same as while it is off.
    """
    look = Gtk.CssProvider()
    look.load_from_data(SWITCHED_ON)
    widgets = [button, button.get_child()]
    for widget in widgets:
        if widget is not None:
            context = widget.get_style_context()
            context.add_provider(look, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
