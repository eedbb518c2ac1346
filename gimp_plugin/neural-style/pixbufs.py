"""Pixbufs that GTK may not have the memory for."""

from __future__ import annotations

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf


def allocated(pixbuf: GdkPixbuf.Pixbuf | None) -> GdkPixbuf.Pixbuf:
    """``pixbuf`` itself.

    Raises:
        MemoryError: GTK gave none.
    """
    if pixbuf is None:
        raise MemoryError("There is no memory for a picture.")
    return pixbuf
