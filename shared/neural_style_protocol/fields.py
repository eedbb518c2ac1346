"""The types of a message's fields, and how an untrusted header is read.

A class declares them beside each field's Python type::

    @dataclass(frozen=True)
    class Upload(Message):
        kind = "upload"
        job: Annotated[str, Text(64)]
        offset: Annotated[int, Integer(0, MAX_BYTES)]
        deflated: Annotated[bool, Boolean()] = False

:func:`read` makes an instance from a header, and :func:`header_of` a header from an instance. A
field that is missing in the header gets the class's default. Without a default, a missing list or
map is empty and a missing optional number is None; any other missing field is an error. Fields that
the class does not have are ignored.
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
"""Above it, not every integer has an exact float."""

Record = TypeVar("Record")


class FieldType:
    """The type of a field on the wire.

    ``missing`` is read if the header has no such field and the class has no default.
    """

    missing: ClassVar[object] = None

    def read(self, value: object, where: str) -> object:
        """Check and convert ``value``; ``where`` is the field's path in the message, for errors.

        Raises:
            ValueError: ``value`` is of another type, or out of range.
            ProtocolError: a field inside ``value`` is invalid.
        """
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """The plain ``value`` for the header; the inverse of :meth:`read`."""
        return value


@dataclass(frozen=True)
class Text(FieldType):
    """Text of at most ``longest`` characters."""

    longest: int = MAX_TEXT

    def read(self, value: object, where: str) -> str:
        if not isinstance(value, str) or len(value) > self.longest:
            raise ValueError
        return value


@dataclass(frozen=True)
class Choice(FieldType):
    """One of the ``allowed`` words."""

    allowed: tuple[str, ...]

    def read(self, value: object, where: str) -> str:
        if not isinstance(value, str) or value not in self.allowed:
            raise ValueError
        return value


@dataclass(frozen=True)
class Integer(FieldType):
    """An integer from ``low`` to ``high``."""

    low: int
    high: int

    def read(self, value: object, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError
        if not self.low <= value <= self.high:
            raise ValueError
        return value


@dataclass(frozen=True)
class Number(FieldType):
    """A finite number from ``low`` to ``high``; integers above LARGEST_EXACT are refused."""

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
class OptionalNumber(FieldType):
    """A finite number, or None."""

    def read(self, value: object, where: str) -> float | None:
        return None if value is None else Number().read(value, where)


@dataclass(frozen=True)
class Boolean(FieldType):
    """True or false."""

    def read(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


@dataclass(frozen=True)
class Texts(FieldType):
    """A list of at most ``most`` texts, each of at most ``longest`` characters."""

    most: int = 64
    longest: int = 64
    missing: ClassVar[object] = []

    def read(self, value: object, where: str) -> tuple[str, ...]:
        return tuple(Text(self.longest).read(word, where) for word in _list(value, self.most))

    def plain(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


@dataclass(frozen=True)
class Map(FieldType):
    """A map whose values are not checked here."""

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
class ListOf(FieldType):
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
class Flattened(FieldType):
    """An instance of ``of`` whose fields are among the message's own; all of them are required."""

    of: type[Any]


Declared: TypeAlias = tuple[tuple[dataclasses.Field[Any], FieldType], ...]


def read(
    record: type[Record], header: Mapping[str, object], where: str, *, complete: bool = False
) -> Record:
    """Read an instance of ``record`` from ``header``.

    Args:
        where: the name of the header, for errors.
        complete: require every field, even if the class has a default.

    Raises:
        ProtocolError: a field is missing, of another type, or out of range.
        InputError: the header describes a picture that is empty or too large.
    """
    values: dict[str, object] = {}
    for field, field_type in _declared(record):
        if isinstance(field_type, Flattened):
            values[field.name] = read(field_type.of, header, where, complete=True)
        elif field.name in header or complete or not _has_default(field):
            value = header.get(field.name, field_type.missing)
            try:
                values[field.name] = field_type.read(value, f"{where}.{field.name}")
            except ValueError:
                raise ProtocolError(
                    "The message {message} has no valid {field}.",
                    message=repr(where),
                    field=repr(field.name),
                ) from None
    return record(**values)


def header_of(record: object) -> dict[str, Any]:
    """The fields of ``record`` as plain values; those of a Flattened field come last."""
    own: dict[str, Any] = {}
    flattened: dict[str, Any] = {}
    for field, field_type in _declared(type(record)):
        value = getattr(record, field.name)
        if isinstance(field_type, Flattened):
            flattened.update(header_of(value))
        else:
            own[field.name] = field_type.plain(value)
    return {**own, **flattened}


def _list(value: object, most: int) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError
    return value


def _look_up(record: type[Any]) -> Declared:
    hints = get_type_hints(record, include_extras=True)
    return tuple((field, _type_in(hints[field.name])) for field in dataclasses.fields(record))


_declared: Callable[[Any], Declared] = functools.cache(_look_up)
"""The fields of a class, in order, each with its type."""


def _type_in(hint: Any) -> FieldType:
    (field_type,) = (extra for extra in hint.__metadata__ if isinstance(extra, FieldType))
    return field_type


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing
