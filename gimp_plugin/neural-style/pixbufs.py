"""A check for pixbufs that GTK could not allocate."""

from __future__ import annotations

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf


def allocated(pixbuf: GdkPixbuf.Pixbuf | None) -> GdkPixbuf.Pixbuf:
    """``pixbuf``, which GTK returned.

    Raises:
        MemoryError: it is None: GTK had too little memory.
    """
    if pixbuf is None:
        raise MemoryError("There is no memory for a picture.")
    return pixbuf
