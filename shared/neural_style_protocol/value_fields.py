"""The values of a sentence in a message: what they may be, and how they are made to fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeAlias

from neural_style_protocol.fields import LARGEST_EXACT, FieldType, Integer, Map, Number, Text
from neural_style_protocol.phrases import Amount, Duration, Phrase, Value, render

MOST_VALUES = 16
LONGEST_NAME = 32
LONGEST_VALUE = 500
LONGEST_TEMPLATE = 1_000
DEEPEST = 3
"""A phrase may be among the values of a phrase that is itself a value, and no deeper."""

MOST_CHARACTERS = 8_000
"""In all values of a message that is sent, so that its header always has room for them."""

OF_A_LATER_VERSION = "…"
"""What is shown of a value of a kind that this version does not know."""

_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}")


@dataclass(frozen=True)
class Values(FieldType):
    """A map of names to texts, numbers, sizes, times and further phrases.

    Texts and numbers stand for themselves. The others are maps: ``{"bytes": …}``,
    ``{"seconds": …}``, and ``{"sentence": …, "values": …}``.
    """

    missing: ClassVar[object] = {}
    depth: int = DEEPEST

    def read(self, value: object, where: str) -> dict[str, Value]:
        items = Map().read(value, where)
        if len(items) > MOST_VALUES or self.depth < 1:
            raise ValueError
        if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in items):
            raise ValueError
        return {name: self._read_value(item, where) for name, item in items.items()}

    def plain(self, value: Mapping[str, Value]) -> dict[str, Any]:
        return {name: _plain(item) for name, item in value.items()}

    def _read_value(self, value: object, where: str) -> Value:
        match value:
            case str():
                return Text(LONGEST_VALUE).read(value, where)
            case int():
                return Integer(-LARGEST_EXACT, LARGEST_EXACT).read(value, where)
            case float():
                return Number().read(value, where)
            case {"bytes": count}:
                return Amount(Integer(0, LARGEST_EXACT).read(count, where))
            case {"seconds": seconds}:
                return Duration(Number(0, LARGEST_EXACT).read(seconds, where))
            case {"sentence": template, "values": values}:
                words = Text(LONGEST_TEMPLATE).read(template, where)
                return Phrase(words, Values(self.depth - 1).read(values, where))
            case dict():
                return OF_A_LATER_VERSION
        raise ValueError


ValuesField: TypeAlias = Annotated[Mapping[str, Value], Values()]


def packed(values: Mapping[str, Value], *templates: str) -> tuple[list[str], dict[str, Value]]:
    """``templates`` and their common ``values`` as a message can hold them.

    Long texts are cut. Where there are too many values, or phrases too deep, the templates become
    their English words, and there are no values.
    """
    fitting = {name: _fitting(value) for name, value in values.items()}
    if not _fits(fitting, DEEPEST) or sum(_characters(fitting)) > MOST_CHARACTERS:
        templates = tuple(render(Phrase(template, values)) for template in templates)
        fitting = {}
    return [_cut(template, LONGEST_TEMPLATE) for template in templates], fitting


def _plain(value: Value) -> Any:
    match value:
        case Amount():
            return {"bytes": value.bytes}
        case Duration():
            return {"seconds": value.seconds}
        case Phrase():
            return {"sentence": value.template, "values": Values().plain(value.values)}
    return value


def _fitting(value: Value) -> Value:
    match value:
        case str() | bool():
            return _cut(str(value), LONGEST_VALUE)
        case int() if abs(value) > LARGEST_EXACT:
            return _cut(str(value), LONGEST_VALUE)
        case float() if not math.isfinite(value):
            return str(value)
        case Amount():
            return Amount(min(max(0, value.bytes), LARGEST_EXACT))
        case Duration():
            return Duration(min(max(0.0, value.seconds), float(LARGEST_EXACT)))
        case Phrase():
            values = {name: _fitting(item) for name, item in value.values.items()}
            return Phrase(_cut(value.template, LONGEST_TEMPLATE), values)
    return value


def _fits(values: Mapping[str, Value], depth: int) -> bool:
    if len(values) > MOST_VALUES or depth < 1 or not all(map(_NAME.fullmatch, values)):
        return False
    phrases = (value for value in values.values() if isinstance(value, Phrase))
    return all(_fits(phrase.values, depth - 1) for phrase in phrases)


def _characters(values: Mapping[str, Value]) -> Iterator[int]:
    for name, value in values.items():
        yield len(name) + 10  # for a number, or what a phrase takes beside its texts
        if isinstance(value, str):
            yield len(value)
        elif isinstance(value, Phrase):
            yield len(value.template)
            yield from _characters(value.values)


def _cut(text: str, longest: int) -> str:
    """At most so much of ``text``; the bytes of a file's name that are not UTF-8 become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:longest]
