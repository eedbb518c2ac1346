"""How the styles of a picture are mixed: further style files, the weights, and the parts used."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from gi.repository import Gio

from neural_style_protocol.client_messages import MAX_STYLES
from neural_style_protocol.errors import InputError

EXAMPLE = '[{"weight": 2, "part": [0, 0, 300, 200]}, {"style": "/path/to/ink.png"}]'
MOST_WEIGHT = 1e6


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels of a style image."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class MixedStyle:
    """One style of a mix.

    ``uri`` is its file; it is empty for the first one, which is the style image of the call.
    ``weight`` is relative to the others. ``part`` is what is used of it; None for all.
    """

    uri: str = ""
    weight: float = 1.0
    part: Region | None = None

    @property
    def file(self) -> Gio.File:
        return Gio.File.new_for_uri(self.uri)


@dataclass(frozen=True)
class StyleMix:
    """The styles of a picture. The first one stands for the style image of the call."""

    styles: tuple[MixedStyle, ...] = (MixedStyle(),)

    @property
    def is_plain(self) -> bool:
        """Whether it is one style image, all of it."""
        return len(self.styles) == 1 and self.styles[0].part is None

    @property
    def has_room(self) -> bool:
        """Whether one more style can be added."""
        return len(self.styles) < MAX_STYLES

    @property
    def text(self) -> str:
        """The mix as the procedure's argument has it; empty for a plain one."""
        return "" if self.is_plain else json.dumps([_words_of(style) for style in self.styles])

    def with_style(self, uri: str) -> StyleMix:
        """The mix with one more file, in the shares of the first one, unless it is full."""
        if not self.has_room or any(style.uri == uri for style in self.styles):
            return self
        return StyleMix((*self.styles, MixedStyle(uri, max(it.weight for it in self.styles))))

    def without(self, place: int) -> StyleMix:
        """The mix without the style at ``place``, which is not the first."""
        return StyleMix((*self.styles[:place], *self.styles[place + 1 :]))

    def with_weight(self, place: int, weight: float) -> StyleMix:
        """The mix with another weight for one style."""
        return self._replaced(place, dataclasses.replace(self.styles[place], weight=weight))

    def with_part(self, place: int, part: Region | None) -> StyleMix:
        """The mix with another part of one style."""
        return self._replaced(place, dataclasses.replace(self.styles[place], part=part))

    def _replaced(self, place: int, style: MixedStyle) -> StyleMix:
        return StyleMix((*self.styles[:place], style, *self.styles[place + 1 :]))


def read(text: str | None) -> StyleMix:
    """The mix that a procedure's argument or a record describes.

    Raises:
        InputError: ``text`` is not such a description.
    """
    if not text:
        return StyleMix()
    try:
        first, *more = json.loads(text)
        styles = (_style(first, ""), *(_style(each, _uri_of(each["style"])) for each in more))
        if "style" in first or not _is_possible(styles):
            raise ValueError(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "The mix of styles is not understood: {text}.",
            next_step="Write it like this, the style image first: {example}.",
            text=text,
            example=EXAMPLE,
        ) from error
    return StyleMix(styles)


def _is_possible(styles: tuple[MixedStyle, ...]) -> bool:
    weights = [style.weight for style in styles]
    in_range = all(0 <= weight <= MOST_WEIGHT for weight in weights) and sum(weights) > 0
    return in_range and len(styles) <= MAX_STYLES


def _style(words: dict[str, object], uri: str) -> MixedStyle:
    weight, part = words.get("weight", 1.0), words.get("part")
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise TypeError(weight)
    return MixedStyle(uri, float(weight), _region(part) if part is not None else None)


def _region(numbers: object) -> Region:
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise TypeError(numbers)
    return Region(*numbers)


def _uri_of(name: str) -> str:
    """A script may name a file by its path."""
    return name if "://" in name else Gio.File.new_for_path(name).get_uri()


def _words_of(style: MixedStyle) -> dict[str, object]:
    words: dict[str, object] = {"style": style.uri} if style.uri else {}
    words["weight"] = style.weight
    if style.part is not None:
        words["part"] = list(dataclasses.astuple(style.part))
    return words
