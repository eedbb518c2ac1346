"""The plug-in's words in the person's own language."""

from __future__ import annotations

from gi.repository import GLib


def _(text: str) -> str:
    """``text`` translated by the catalogue that GIMP bound for this plug-in."""
    return str(GLib.dgettext(None, text))


def error_text(error: Exception) -> str:
    """The sentence and the next step of an error, translated where they hold no values."""
    sentence, next_step = getattr(error, "sentence", str(error)), getattr(error, "next_step", "")
    return " ".join(_(part) for part in (sentence, next_step) if part)


def duration(seconds: float) -> str:
    """A time for people: ``12 s``, ``3 min 20 s``, ``1 h 05 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("{seconds} s").format(seconds=whole)
    if whole < 3600:
        return _("{minutes} min {seconds:02d} s").format(minutes=whole // 60, seconds=whole % 60)
    return _("{hours} h {minutes:02d} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)
