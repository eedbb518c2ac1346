"""The plug-in's words in the person's own language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gi.repository import GLib

from sentences import translated

if TYPE_CHECKING:
    from neural_style_protocol.events import Estimate

GIGA, MEGA = 10**9, 10**6


def _(text: str) -> str:
    """``text`` translated by the catalogue that GIMP bound for this plug-in."""
    return str(GLib.dgettext(None, text))


def error_text(error: Exception) -> str:
    """The sentence and the next step of an error, translated."""
    sentence, next_step = getattr(error, "sentence", str(error)), getattr(error, "next_step", "")
    return " ".join(translated(part) for part in (sentence, next_step) if part)


def duration(seconds: float) -> str:
    """A time for people: ``12 s``, ``3 min 20 s``, ``1 h 05 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("{seconds} s").format(seconds=whole)
    if whole < 3600:
        return _("{minutes} min {seconds:02d} s").format(minutes=whole // 60, seconds=whole % 60)
    return _("{hours} h {minutes:02d} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def decimal(value: float) -> str:
    """A positive number with one digit after the point, or after what it is where people are."""
    tenths = round(10 * value)
    return _("{whole}.{tenths}").format(whole=tenths // 10, tenths=tenths % 10)


def estimate_text(estimate: Estimate) -> str:
    """What a picture will take, in round words: ``About 2 minutes, 1.2 GB of memory``."""
    memory = _("{size} of memory").format(size=_rounded_bytes(estimate.peak_bytes))
    if estimate.seconds is None:
        return _("{memory}, time not measured yet").format(memory=memory)
    return _("{time}, {memory}").format(time=_rounded_time(estimate.seconds), memory=memory)


def _rounded_time(seconds: float) -> str:
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 8:
        return _("A few seconds")
    if seconds < 55:
        return _("About {count} seconds").format(count=max(10, 5 * round(seconds / 5)))
    if minutes <= 1:
        return _("About a minute")
    if minutes < 55:
        return _("About {count} minutes").format(count=minutes)
    return _("About an hour") if hours <= 1 else _("About {count} hours").format(count=hours)


def _rounded_bytes(count: int) -> str:
    if count >= 0.995 * GIGA:
        return _("{size} GB").format(size=decimal(count / GIGA))
    return _("{size} MB").format(size=max(10, 10 * round(count / MEGA / 10)))
