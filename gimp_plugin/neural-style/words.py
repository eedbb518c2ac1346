"""The plug-in's words in the user's own language."""

from __future__ import annotations

from gi.repository import GLib


def _(text: str) -> str:
    """``text`` translated by the catalogue that GIMP bound for this plug-in."""
    return str(GLib.dgettext(None, text))
