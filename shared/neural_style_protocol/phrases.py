"""Sentences as a template and values, which become words where they are read.

``Phrase("It takes {amount}.", {"amount": Amount(3_100_000_000)})`` is *It takes 3.1 GB.* in
English. A reader with another language gives :func:`render` a function that translates. It is asked
for the template, and for the small templates by which numbers, amounts and times are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

GIGA, MEGA = 10**9, 10**6

Translate: TypeAlias = Callable[[str], str]

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Amount:
    """An amount of memory or disk: ``3.1 GB``, ``120 MB``."""

    bytes: int


@dataclass(frozen=True)
class Duration:
    """A time: ``12 s``, ``3 min 20 s``, ``1 h 05 min``."""

    seconds: float


@dataclass(frozen=True)
class Phrase:
    """A sentence, or a part of one.

    Attributes:
        template: English, with the name of a value in braces where it belongs. A name that is not
            among the values stays as it is, braces included. So do braces of any other kind.
        values: by name. A phrase among them is translated too.
    """

    template: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        """The words in English."""
        return render(self)


Value: TypeAlias = str | int | float | Amount | Duration | Phrase
"""Text is shown as it is: a name, a path, or what somebody typed."""


def english(text: str) -> str:
    """``text`` itself: templates are in English."""
    return text


def render(phrase: Phrase, translate: Translate = english) -> str:
    """The words of ``phrase`` in the language of ``translate``.

    Values are put in once. What looks like a name in braces inside a value stays as it is.
    """

    def words(found: re.Match[str]) -> str:
        name = found[1]
        return _shown(phrase.values[name], translate) if name in phrase.values else found[0]

    # For gettext, the empty text is the name of the catalogue's own header.
    template = translate(phrase.template) if phrase.template else ""
    return _PLACE.sub(words, template)


def number(value: float, translate: Translate = english, *, digits: int | None = None) -> str:
    """A number with its decimal mark: with so many ``digits`` after it, or as many as there are."""
    text = repr(float(value)).removesuffix(".0") if digits is None else f"{value:.{digits}f}"
    whole, mark, fraction = text.partition(".")
    if not mark:
        return text
    return render(Phrase("{whole}.{fraction}", {"whole": whole, "fraction": fraction}), translate)


def amount(count: int, translate: Translate = english) -> str:
    """``count`` bytes in gigabytes with one digit, or in tens of megabytes, 10 at least."""
    if count >= 0.995 * GIGA:
        gigabytes = number(count / GIGA, translate, digits=1)
        return render(Phrase("{size} GB", {"size": gigabytes}), translate)
    return render(Phrase("{size} MB", {"size": max(10, 10 * round(count / MEGA / 10))}), translate)


def duration(seconds: float, translate: Translate = english) -> str:
    """A time: ``12 s``, ``3 min 20 s``, ``1 h 05 min``; a negative one is 0 s."""
    whole = max(0, round(seconds))
    minutes, left = divmod(whole, 60)
    hours, rest = divmod(minutes, 60)
    if whole < 60:
        phrase = Phrase("{seconds} s", {"seconds": whole})
    elif whole < 3600:
        phrase = Phrase("{minutes} min {seconds} s", {"minutes": minutes, "seconds": f"{left:02d}"})
    else:
        phrase = Phrase("{hours} h {minutes} min", {"hours": hours, "minutes": f"{rest:02d}"})
    return render(phrase, translate)


def reason(error: Exception) -> Phrase:
    """What the system, or a library, says of ``error``."""
    return Phrase(getattr(error, "strerror", None) or str(error))


def _shown(value: Value, translate: Translate) -> str:
    match value:
        case Phrase():
            return render(value, translate)
        case Amount():
            return amount(value.bytes, translate)
        case Duration():
            return duration(value.seconds, translate)
        case float():
            return number(value, translate)
        case _:
            return str(value)
