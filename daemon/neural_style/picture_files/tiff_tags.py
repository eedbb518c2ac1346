"""Read the tags of a TIFF file or an EXIF block; invalid ones are ignored.

No content of the bytes makes these functions raise or allocate much memory.
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
    """The byte order, whether it is a BigTIFF, and the offset of the first directory."""

    order: str
    big: bool
    first: int


@dataclass(frozen=True)
class Tag:
    """One tag: its type (a number of the TIFF specification), its value, and its whole entry."""

    kind: int
    order: str
    value: memoryview
    entry: bytes

    def numbers(self, limit: int = 1 << 24) -> tuple[float, ...]:
        """At most ``limit`` numbers; fractions with a denominator of zero are left out."""
        if self.kind in _FRACTIONS:
            count = min(len(self.value) // 8, limit)
            code = f"{self.order}{2 * count}{_FRACTIONS[self.kind]}"
            parts = struct.unpack(code, self.value[: 8 * count])
            return tuple(a / b for a, b in zip(parts[::2], parts[1::2], strict=True) if b)
        if self.kind not in _CODES:
            return ()
        size = _SIZES[self.kind]
        count = min(len(self.value) // size, limit)
        code = f"{self.order}{count}{_CODES[self.kind]}"
        return struct.unpack(code, self.value[: size * count])

    def integers(self, limit: int = 1 << 24) -> tuple[int, ...]:
        """At most ``limit`` numbers if all are integers; none otherwise."""
        numbers = self.numbers(limit)
        if not all(math.isfinite(number) and number == int(number) for number in numbers):
            return ()
        return tuple(int(number) for number in numbers)


@dataclass(frozen=True)
class Directory:
    """One directory: its tags by number, and the offset of the next one (0 for none)."""

    tags: Mapping[int, Tag]
    next_offset: int

    def integer(self, number: int, default: int) -> int:
        """The first integer of a tag, or ``default``."""
        found = self.tags[number].integers(1) if number in self.tags else ()
        return found[0] if found else default

    def integers(self, number: int) -> tuple[int, ...]:
        """All integers of a tag; none if it is missing."""
        return self.tags[number].integers() if number in self.tags else ()

    def bytes(self, number: int) -> bytes | None:
        """The bytes of a tag; None if it is missing."""
        return bytes(self.tags[number].value) if number in self.tags else None


def read_layout(data: bytes) -> Layout | None:
    """The layout from the header; None if ``data`` does not begin like a TIFF file."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return None
    version = struct.unpack(f"{order}H", data[2:4])[0]
    if version == 42:
        return Layout(order, False, struct.unpack(f"{order}I", data[4:8])[0])
    if version == 43 and len(data) >= 16:
        return Layout(order, True, struct.unpack(f"{order}Q", data[8:16])[0])
    return None


def read_directory(data: bytes, layout: Layout, offset: int) -> Directory | None:
    """The directory at ``offset``; None if the offset is out of range."""
    counter, width = ("Q", 20) if layout.big else ("H", 12)
    pointer = "Q" if layout.big else "I"
    head = struct.calcsize(f"={counter}")
    if not 8 <= offset <= len(data) - head:
        return None
    count = struct.unpack(layout.order + counter, data[offset : offset + head])[0]
    start = offset + head
    count = min(count, (len(data) - start) // width, 4096)
    tags: dict[int, Tag] = {}
    for place in range(start, start + count * width, width):
        number, tag = _tag(data, layout, data[place : place + width], pointer)
        if tag is not None:
            tags.setdefault(number, tag)
    end = start + count * width
    tail = data[end : end + struct.calcsize(f"={pointer}")]
    whole = len(tail) == struct.calcsize(f"={pointer}")
    return Directory(tags, struct.unpack(layout.order + pointer, tail)[0] if whole else 0)


def read_directories(data: bytes, layout: Layout, limit: int = 64) -> Iterator[Directory]:
    """The chain of directories; it may be a cycle in a damaged file."""
    seen: set[int] = set()
    offset = layout.first
    while offset not in seen and len(seen) < limit:
        seen.add(offset)
        found = read_directory(data, layout, offset)
        if found is None:
            return
        yield found
        offset = found.next_offset


def _tag(data: bytes, layout: Layout, entry: bytes, pointer: str) -> tuple[int, Tag | None]:
    number, kind, count = struct.unpack_from(f"{layout.order}HH{pointer}", entry)
    size = count * _SIZES.get(kind, 0)
    inline = struct.calcsize(f"={pointer}")
    if size == 0:
        return number, None
    if size <= inline:
        value = memoryview(entry)[-inline:][:size]
    else:
        place = struct.unpack(layout.order + pointer, entry[-inline:])[0]
        if place + size > len(data):
            return number, None
        value = memoryview(data)[place : place + size]
    return number, Tag(kind, layout.order, value, entry)
