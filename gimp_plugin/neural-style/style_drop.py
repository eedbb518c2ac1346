"""Drag and drop: a dropped picture becomes the style image."""

from __future__ import annotations

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gimp, Gio, Gtk

import style_choice


def accept_on(widget: Gtk.Widget, config: Gimp.ProcedureConfig) -> None:
    """Make the first file that is dropped on ``widget`` the style of ``config``."""
    widget.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
    widget.drag_dest_add_uri_targets()

    def take(
        _widget: Gtk.Widget,
        _context: Gdk.DragContext,
        _x: int,
        _y: int,
        data: Gtk.SelectionData,
        *_more: int,
    ) -> None:
        files = [Gio.File.new_for_uri(uri) for uri in data.get_uris() or []]
        here = [file for file in files if file.get_path()]
        if here:
            style_choice.choose_file(config, here[0])

    widget.connect("drag-data-received", take)
