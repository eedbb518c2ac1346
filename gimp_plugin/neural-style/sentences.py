"""Errors, notices, numbers and times in the user's own language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neural_style_protocol import phrases
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.phrases import Phrase
from words import _

if TYPE_CHECKING:
    from neural_style_protocol.daemon_messages import CardLine
    from neural_style_protocol.events import Estimate, Finished

COMMAND = "`"
"""What stands before and after a shell command in a sentence."""


def error_text(error: Exception) -> str:
    """The sentence and the next step of an error, translated."""
    if not isinstance(error, NeuralStyleError):
        return str(error)
    return " ".join(filter(None, (words_of(error.what), words_of(error.advice))))


def window_text(error: Exception) -> str:
    """The same for a person in a window, to whom no shell command is told."""
    if not isinstance(error, NeuralStyleError) or COMMAND not in error.next_step:
        return error_text(error)
    advice = _("Try again; if that does not help, Help says what to do.")
    return f"{words_of(error.what)} {advice}"


def failure_text(error: Exception, *, in_window: bool) -> str:
    """What a call says that has failed: to a person in GIMP's window, or to a script."""
    return window_text(error) if in_window else error_text(error)


def words_of(phrase: Phrase) -> str:
    """The phrase, translated; what GTK cannot show in it is replaced."""
    return _showable(phrases.render(phrase, lambda template: _(_showable(template))))


def duration(seconds: float) -> str:
    """A time for people: ``12 s``, ``3 min 20 s``, ``1 h 05 min``."""
    return phrases.duration(seconds, _)


def decimal(value: float) -> str:
    """A number with one digit after the point, or after what it is where people are."""
    return phrases.number(value, _, digits=1)


def estimate_text(estimate: Estimate) -> str:
    """What a picture will take, in round words: ``About 2 minutes, 1.2 GB of memory``."""
    memory = _("{size} of memory").format(size=phrases.amount(estimate.peak_bytes, _))
    if estimate.seconds is None:
        return _("{memory}, time not measured yet").format(memory=memory)
    return _("{time}, {memory}").format(time=rounded_time(estimate.seconds), memory=memory)


def card_text(card: CardLine) -> str:
    """A graphics card in a list: ``NVIDIA L4 (cuda:0), 21.3 GB free``."""
    words = f"{card.name} ({card.device})"
    if not card.free_bytes:
        return words
    free = _("{size} free").format(size=phrases.amount(card.free_bytes, _))
    return f"{words}, {free}"


def ending_text(finished: Finished) -> str:
    """How a picture has ended: ``Finished in 12 s.``"""
    if finished.ending == "stopped":
        return _("Stopped. The layer is kept.")
    words = _("Finished in {time}.").format(time=duration(finished.elapsed))
    if finished.ending == "converged":
        words += " " + _("Painting further would hardly change it.")
    return words


def rounded_time(seconds: float) -> str:
    """A time in round words: ``About 2 minutes``."""
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


def _showable(text: str) -> str:
    """``text`` without zero bytes, and without the bytes of file names that are not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
