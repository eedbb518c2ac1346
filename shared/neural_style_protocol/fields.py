"""What the fields of a message may hold, and how a header that may hold anything is read.

A class says it beside each field's type::

    @dataclass(frozen=True)
    class Upload(Message):
        kind = "upload"
        job: Annotated[str, Text(64)]
        offset: Annotated[int, Whole(0, MAX_BYTES)]
        deflated: Annotated[bool, Flag()] = False

:func:`read` makes one from a header, :func:`header_of` is the way back. A field that the header
lacks has the class's default; without a default, the header is refused, unless the field's kind
has a value for that: an empty list or map, or no number. What the class does not name is ignored.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar, get_type_hints

from neural_style_protocol.errors import ProtocolError

MAX_TEXT = 2_000
LARGEST_EXACT = 2**53
"""Beyond it, not every whole number is a float."""

Record = TypeVar("Record")


class Kind:
    """What a field may hold.

    ``missing`` is read where the header lacks the field and the class has no default for it.
    """

    missing: ClassVar[object] = None

    def read(self, value: object, where: str) -> object:
        """The field's value; ``where`` names the field's place in the message.

        Raises:
            ValueError: it is of another type, or out of bounds.
            ProtocolError: a part of it is.
        """
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """The way back: what stands in the header for the field's ``value``."""
        return value


@dataclass(frozen=True)
class Text(Kind):
    """Text of at most ``longest`` characters."""

    longest: int = MAX_TEXT

    def read(self, value: object, where: str) -> str:
        if not isinstance(value, str) or len(value) > self.longest:
            raise ValueError
        return value


@dataclass(frozen=True)
class Word(Kind):
    """One of a few words."""

    allowed: tuple[str, ...]

    def read(self, value: object, where: str) -> str:
        if not isinstance(value, str) or value not in self.allowed:
            raise ValueError
        return value


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    def read(self, value: object, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError
        if not self.low <= value <= self.high:
            raise ValueError
        return value


@dataclass(frozen=True)
class Number(Kind):
    """A finite number from ``low`` to ``high``; whole ones that no float holds are refused."""

    low: float = -math.inf
    high: float = math.inf

    def read(self, value: object, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError
        if isinstance(value, int) and abs(value) > LARGEST_EXACT:
            raise ValueError
        if not math.isfinite(value) or not self.low <= value <= self.high:
            raise ValueError
        return float(value)


@dataclass(frozen=True)
class OptionalNumber(Kind):
    """A finite number, or none."""

    def read(self, value: object, where: str) -> float | None:
        return None if value is None else Number().read(value, where)


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    def read(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


@dataclass(frozen=True)
class Words(Kind):
    """A list of at most ``most`` short texts, of any kind."""

    most: int = 64
    longest: int = 64
    missing: ClassVar[object] = []

    def read(self, value: object, where: str) -> tuple[str, ...]:
        return tuple(Text(self.longest).read(word, where) for word in _list(value, self.most))

    def plain(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


@dataclass(frozen=True)
class Map(Kind):
    """A map whose values somebody else checks."""

    missing: ClassVar[object] = {}

    def read(self, value: object, where: str) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise ValueError
        return value

    def plain(self, value: Mapping[str, object]) -> dict[str, object]:
        return dict(value)


@dataclass(frozen=True)
class Numbers(Map):
    """A map of at most ``most`` names to finite numbers."""

    most: int
    longest: int = 64

    def read(self, value: object, where: str) -> Mapping[str, float]:
        numbers = super().read(value, where)
        if len(numbers) > self.most:
            raise ValueError
        name = Text(self.longest)
        return {name.read(key, where): Number().read(n, where) for key, n in numbers.items()}


@dataclass(frozen=True)
class ListOf(Kind):
    """A list of at most ``most`` maps, each with the fields of the class ``of``."""

    of: type[Any]
    most: int
    missing: ClassVar[object] = []

    def read(self, value: object, where: str) -> tuple[object, ...]:
        items = [Map().read(item, where) for item in _list(value, self.most)]
        return tuple(read(self.of, item, where) for item in items)

    def plain(self, value: tuple[object, ...]) -> list[dict[str, Any]]:
        return [header_of(item) for item in value]


@dataclass(frozen=True)
class InPlace(Kind):
    """The fields of the class ``of``, which lie among the message's own; all of them are there."""

    of: type[Any]


Declared: TypeAlias = tuple[tuple[dataclasses.Field[Any], Kind], ...]


def read(
    record: type[Record], header: Mapping[str, object], where: str, *, complete: bool = False
) -> Record:
    """The ``record`` that ``header`` describes; ``complete`` takes no default for an answer.

    Args:
        where: what the header belongs to, for the sentence of an error.

    Raises:
        ProtocolError: a field is missing, of another type, or out of bounds.
        InputError: it describes a picture that is empty or too large.
    """
    values: dict[str, object] = {}
    for field, kind in _declared(record):
        if isinstance(kind, InPlace):
            values[field.name] = read(kind.of, header, where, complete=True)
        elif field.name in header or complete or not _has_default(field):
            value = header.get(field.name, kind.missing)
            try:
                values[field.name] = kind.read(value, f"{where}.{field.name}")
            except ValueError:
                wrong = f"The message {where!r} has no valid {field.name!r}."
                raise ProtocolError(wrong) from None
    return record(**values)


def header_of(record: object) -> dict[str, Any]:
    """The fields of ``record`` as plain values; those that lie among its own come last."""
    own: dict[str, Any] = {}
    in_place: dict[str, Any] = {}
    for field, kind in _declared(type(record)):
        value = getattr(record, field.name)
        if isinstance(kind, InPlace):
            in_place.update(header_of(value))
        else:
            own[field.name] = kind.plain(value)
    return {**own, **in_place}


def _list(value: object, most: int) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError
    return value


def _look_up(record: type[Any]) -> Declared:
    hints = get_type_hints(record, include_extras=True)
    return tuple((field, _kind_in(hints[field.name])) for field in dataclasses.fields(record))


_declared: Callable[[Any], Declared] = functools.cache(_look_up)
"""The fields of a class, in order, each with its kind."""


def _kind_in(hint: Any) -> Kind:
    (kind,) = (extra for extra in hint.__metadata__ if isinstance(extra, Kind))
    return kind


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing
