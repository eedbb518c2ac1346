"""Pictures in GTK's widgets, with one pixel for each pixel of the screen."""

from __future__ import annotations

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gtk

from pixbufs import allocated

NOTHING = 0x00000000
"""A transparent pixel."""


def show(image: Gtk.Image, pixbuf: GdkPixbuf.Pixbuf) -> None:
    """Show ``pixbuf``, whose size is in pixels of the screen, in the middle of ``image``.

    GTK doubles the pixels of a pixbuf on a screen of scale 2, but not those of an icon, which is
    square. A surface of cairo would do too, but GIMP 3.0 comes without Python's cairo.
    """
    scale = image.get_scale_factor()
    width, height = pixbuf.get_width(), pixbuf.get_height()
    side = max(width, height) + -max(width, height) % scale
    square = allocated(GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, side, side))
    square.fill(NOTHING)
    middle = (side - width) // 2, (side - height) // 2
    pixbuf.copy_area(0, 0, width, height, square, *middle)
    image.set_pixel_size(side // scale)
    image.set_from_gicon(square, Gtk.IconSize.DIALOG)


def shrinkable(image: Gtk.Image) -> Gtk.ScrolledWindow:
    """``image`` in a frame that does not take the image's size, so the window can shrink."""
    frame = Gtk.ScrolledWindow(can_focus=False)
    frame.set_policy(Gtk.PolicyType.EXTERNAL, Gtk.PolicyType.EXTERNAL)
    frame.add(image)
    for adjustment in (frame.get_hadjustment(), frame.get_vadjustment()):
        adjustment.connect("changed", _show_middle)
    return frame


def _show_middle(adjustment: Gtk.Adjustment) -> None:
    """The picture is in the middle of a square, which may be larger than the frame."""
    adjustment.set_value((adjustment.get_upper() - adjustment.get_page_size()) / 2)
