"""The name of an image for lists, and its file."""

from __future__ import annotations

from gi.repository import Gimp, GLib


def uri_of(image: Gimp.Image) -> str:
    """The URI of the image's file; empty if it has none."""
    file = image.get_file() or image.get_imported_file()
    return file.get_uri() if file is not None else ""


def title_of(image: Gimp.Image) -> str:
    """The name of the image's file, or GIMP's own name for an image without one."""
    file = image.get_file() or image.get_imported_file()
    name = file.get_basename() if file is not None else None
    return str(GLib.filename_display_basename(name)) if name else str(image.get_name())
