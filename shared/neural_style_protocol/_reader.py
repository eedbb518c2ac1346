"""Typed, bounded reading of a message header that may hold anything at all."""

from __future__ import annotations

import math
from collections.abc import Mapping

from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.pixels import MAX_SIDE, PictureSpec

MAX_TEXT = 2_000


class Reader:
    """Takes the fields of one header, or raises ProtocolError saying which one is wrong."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self._values = values
        self._where = where

    def text(self, name: str, *, longest: int = MAX_TEXT, default: str | None = None) -> str:
        value = self._values.get(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise self._wrong(name)
        return value

    def word(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._values.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise self._wrong(name)
        return value

    def integer(self, name: str, low: int, high: int, *, default: int | None = None) -> int:
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(name)
        return value

    def number(self, name: str, *, default: float | None = None) -> float:
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._wrong(name)
        if isinstance(value, int) and abs(value) > 2**53:
            raise self._wrong(name)
        if not math.isfinite(value):
            raise self._wrong(name)
        return float(value)

    def optional_number(self, name: str) -> float | None:
        return None if self._values.get(name) is None else self.number(name)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name)
        return value

    def words(self, name: str, *, most: int = 64) -> tuple[str, ...]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name)
        if not all(isinstance(item, str) and len(item) <= 64 for item in value):
            raise self._wrong(name)
        return tuple(value)

    def mapping(self, name: str) -> Mapping[str, object]:
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name)
        return value

    def children(self, name: str, *, most: int) -> tuple[Reader, ...]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name)
        if not all(isinstance(item, dict) for item in value):
            raise self._wrong(name)
        return tuple(Reader(item, f"{self._where}.{name}") for item in value)

    def child(self, name: str) -> Reader:
        return Reader(self.mapping(name), f"{self._where}.{name}")

    def picture(self) -> PictureSpec:
        """The picture described by width, height, channels and dtype.

        Raises:
            InputError: it has no pixels or too many.
        """
        return PictureSpec(
            width=self.integer("width", 0, 100 * MAX_SIDE),
            height=self.integer("height", 0, 100 * MAX_SIDE),
            channels=self.integer("channels", 1, 4),
            dtype=self.text("dtype", longest=8),
        )

    def _wrong(self, name: str) -> ProtocolError:
        return ProtocolError(f"The message {self._where!r} has no valid {name!r}.")
