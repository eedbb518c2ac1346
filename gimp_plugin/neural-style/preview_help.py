"""What the preview and its buttons tell of themselves."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

import looks
from words import _


def of_the_picture() -> str:
    """What can be done with the picture by mouse and keyboard."""
    return _(
        "Hold the button down to see it as it was. Click on a part to see it at 100 %, "
        "drag to see another; scroll to come closer or to see all. Keys: +, −, arrows, and "
        "Ctrl with arrows for the line."
    )


def explain(
    compare: Gtk.ToggleButton,
    split: Gtk.ToggleButton,
    zoom: Gtk.ToggleButton,
    canvas: Gtk.ToggleButton,
    again: Gtk.Button,
) -> None:
    """Give each button its tooltip, and the toggles the look of what is on."""
    compare.set_tooltip_text(
        _("Show the picture as it is now. Holding the button down on the picture does so too.")
    )
    split.set_tooltip_text(_("Show it as it is now at the left of a line."))
    zoom.set_tooltip_text(
        _(
            "Show a part with a pixel for each of the layer's. Or click on the part; drag to "
            "see another, and scroll to see all."
        )
    )
    canvas.set_tooltip_text(
        _("Show the preview in the image too, until this window closes. Split divides it there.")
    )
    again.set_tooltip_text(_("Connect to the daemon once more, and start it if need be."))
    for button in (compare, split, zoom, canvas):
        looks.show_when_on(button)
