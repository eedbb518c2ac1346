"""The tags of a TIFF file or an EXIF block, read tolerantly: what is odd is left out.

Nothing here raises for what the bytes hold, and nothing is allocated by what they claim.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_SIZES |= {13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d"}
_CODES |= {13: "I", 16: "Q", 17: "q", 18: "Q"}
_FRACTIONS = {5: "I", 10: "i"}


@dataclass(frozen=True)
class Layout:
    """How numbers and directories of a file are written."""

    order: str
    big: bool
    first: int


@dataclass(frozen=True)
class Tag:
    """One value: its kind (a number of the TIFF specification), and its bytes."""

    kind: int
    order: str
    value: memoryview
    entry: bytes

    def numbers(self, most: int = 1 << 24) -> tuple[float, ...]:
        """Its first numbers; fractions with a zero below are left out."""
        if self.kind in _FRACTIONS:
            count = min(len(self.value) // 8, most)
            code = f"{self.order}{2 * count}{_FRACTIONS[self.kind]}"
            parts = struct.unpack(code, self.value[: 8 * count])
            return tuple(a / b for a, b in zip(parts[::2], parts[1::2], strict=True) if b)
        if self.kind not in _CODES:
            return ()
        size = _SIZES[self.kind]
        count = min(len(self.value) // size, most)
        code = f"{self.order}{count}{_CODES[self.kind]}"
        return struct.unpack(code, self.value[: size * count])

    def whole(self, most: int = 1 << 24) -> tuple[int, ...]:
        """Its first numbers, if they are whole; none otherwise."""
        numbers = self.numbers(most)
        if not all(math.isfinite(number) and number == int(number) for number in numbers):
            return ()
        return tuple(int(number) for number in numbers)


@dataclass(frozen=True)
class Directory:
    """One directory: its tags by number, and where the next one is (0: there is none)."""

    tags: Mapping[int, Tag]
    following: int

    def whole(self, number: int, default: int) -> int:
        """The first whole number of a tag."""
        found = self.tags[number].whole(1) if number in self.tags else ()
        return found[0] if found else default

    def wholes(self, number: int) -> tuple[int, ...]:
        """All whole numbers of a tag; none if it is missing."""
        return self.tags[number].whole() if number in self.tags else ()

    def bytes(self, number: int) -> bytes | None:
        """The bytes of a tag."""
        return bytes(self.tags[number].value) if number in self.tags else None


def layout(data: bytes) -> Layout | None:
    """By the header; None if ``data`` does not begin as a TIFF file does."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return None
    version = struct.unpack(f"{order}H", data[2:4])[0]
    if version == 42:
        return Layout(order, False, struct.unpack(f"{order}I", data[4:8])[0])
    if version == 43 and len(data) >= 16:
        return Layout(order, True, struct.unpack(f"{order}Q", data[8:16])[0])
    return None


def directory(data: bytes, how: Layout, offset: int) -> Directory | None:
    """The directory at ``offset``; None where there can be none."""
    counter, width = ("Q", 20) if how.big else ("H", 12)
    pointer = "Q" if how.big else "I"
    head = struct.calcsize(f"={counter}")
    if not 8 <= offset <= len(data) - head:
        return None
    count = struct.unpack(how.order + counter, data[offset : offset + head])[0]
    start = offset + head
    count = min(count, (len(data) - start) // width, 4096)
    tags: dict[int, Tag] = {}
    for place in range(start, start + count * width, width):
        number, tag = _tag(data, how, data[place : place + width], pointer)
        if tag is not None:
            tags.setdefault(number, tag)
    end = start + count * width
    tail = data[end : end + struct.calcsize(f"={pointer}")]
    whole = len(tail) == struct.calcsize(f"={pointer}")
    return Directory(tags, struct.unpack(how.order + pointer, tail)[0] if whole else 0)


def directories(data: bytes, how: Layout, most: int = 64) -> Iterator[Directory]:
    """The chain of directories, which may lead back into itself in a damaged file."""
    seen: set[int] = set()
    offset = how.first
    while offset not in seen and len(seen) < most:
        seen.add(offset)
        found = directory(data, how, offset)
        if found is None:
            return
        yield found
        offset = found.following


def _tag(data: bytes, how: Layout, entry: bytes, pointer: str) -> tuple[int, Tag | None]:
    number, kind, count = struct.unpack_from(f"{how.order}HH{pointer}", entry)
    size = count * _SIZES.get(kind, 0)
    inline = struct.calcsize(f"={pointer}")
    if size == 0:
        return number, None
    if size <= inline:
        value = memoryview(entry)[-inline:][:size]
    else:
        place = struct.unpack(how.order + pointer, entry[-inline:])[0]
        if place + size > len(data):
            return number, None
        value = memoryview(data)[place : place + size]
    return number, Tag(kind, how.order, value, entry)
