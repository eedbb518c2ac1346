"""What a field may hold, at its bounds and beyond."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import pytest

from neural_style_protocol import fields
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.fields import (
    Boolean,
    Choice,
    FieldType,
    Flattened,
    Integer,
    ListOf,
    Map,
    Number,
    Numbers,
    OptionalNumber,
    Text,
    Texts,
)


@dataclass(frozen=True)
class Side:
    name: Annotated[str, Text(3)]
    wide: Annotated[bool, Boolean()] = False


@dataclass(frozen=True)
class Everything:
    count: Annotated[int, Integer(1, 9)]
    sides: Annotated[tuple[Side, ...], ListOf(Side, 2)]
    values: Annotated[Mapping[str, object], Map()]
    later: Annotated[float | None, OptionalNumber()]
    side: Annotated[Side, Flattened(Side)]
    numbers: Annotated[Mapping[str, float], Numbers(2)] = field(default_factory=dict)
    size: Annotated[float, Number(0, 10)] = 1.0


GOOD = {"count": 5, "name": "n", "wide": True}


def test_what_is_missing_has_its_default_or_is_empty() -> None:
    assert fields.read(Everything, GOOD, "it") == Everything(5, (), {}, None, Side("n", True))


def test_the_way_back_puts_what_lies_in_place_last() -> None:
    record = Everything(5, (Side("a"),), {"x": [1]}, 2.0, Side("n", True))
    header = fields.header_of(record)
    assert header == {
        "count": 5,
        "sides": [{"name": "a", "wide": False}],
        "values": {"x": [1]},
        "later": 2.0,
        "numbers": {},
        "size": 1.0,
        "name": "n",
        "wide": True,
    }
    assert list(header)[-2:] == ["name", "wide"]
    assert fields.read(Everything, header, "it") == record


@pytest.mark.parametrize("name", ["count", "name", "wide"])
def test_what_has_no_default_and_what_lies_in_place_must_be_there(name: str) -> None:
    header = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(ProtocolError, match=f"'it' has no valid '{name}'"):
        fields.read(Everything, header, "it")


def test_an_error_says_where() -> None:
    with pytest.raises(ProtocolError, match=r"'it\.sides' has no valid 'name'"):
        fields.read(Everything, {**GOOD, "sides": [{"name": "a"}, {"name": "long"}]}, "it")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Text(3), ["", "abc"], ["abcd", 5, None, b"a"]),
        (Choice(("a", "b")), ["a", "b"], ["c", "", None, 1, []]),
        (Integer(-1, 3), [-1, 0, 3], [-2, 4, True, 1.0, "1", None]),
        (Number(), [0, -1.5, 2**53, 1e300], [2**53 + 1, math.nan, math.inf, True, "1", None]),
        (Number(0, 2), [0, 2, 1.5], [-0.1, 2.1, math.nan]),
        (OptionalNumber(), [None, 1, -2.5], [math.nan, False, "1"]),
        (Boolean(), [True, False], [0, 1, None, "true"]),
        (Texts(2, 3), [[], ["abc", ""]], [["a"] * 3, ["abcd"], [1], "ab", {}, None]),
        (Map(), [{}, {"a": 1}], [[], None, "a"]),
        (
            Numbers(2, 3),
            [{}, {"a": 1, "abc": 2.5}],
            [{"abcd": 1}, {"a": 1, "b": 2, "c": 3}, {"a": math.nan}, {"a": "1"}, {1: 1}, [], None],
        ),
        (ListOf(Side, 2), [[], [{"name": "a"}] * 2], [[{"name": "a"}] * 3, [1], {}, None]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, FieldType) else "",
)
def test_a_kind_takes_what_it_may_and_nothing_else(
    kind: FieldType, good: list[object], bad: list[object]
) -> None:
    for value in good:
        kind.read(value, "it")
    for value in bad:
        with pytest.raises(ValueError, match=r"^$"):
            kind.read(value, "it")
