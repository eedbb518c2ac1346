"""How far a window can grow on its screen."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

FRAME = 60
"""Pixels of the screen's height that are left for the window's frame."""


def room_below(window: Gtk.Widget) -> int:
    """By how many pixels the window can grow downwards; 0 before it is shown."""
    frame = window.get_window()
    if frame is None:
        return 0
    monitor = window.get_display().get_monitor_at_window(frame)
    height = monitor.get_workarea().height if monitor is not None else 0
    return max(0, height - FRAME - window.get_allocation().height)
