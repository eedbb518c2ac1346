"""The markers of a JPEG file: what makes the pixels, what stands beside them, where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SOI, EOI, SOS, DHT, DRI, COMMENT = 0xD8, 0xD9, 0xDA, 0xC4, 0xDD, 0xFE
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_APPLICATION = frozenset(range(0xE0, 0xF0))
_IN_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_RESTART = re.compile(rb"\xff[\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True)
class Component:
    """One plane: its number in the file, and its samples across and down in each unit."""

    number: int
    across: int
    down: int


@dataclass(frozen=True)
class Frame:
    """The frame header. ``kind`` is the marker's second byte."""

    kind: int
    bits: int
    width: int
    height: int
    components: tuple[Component, ...]


@dataclass(frozen=True)
class Scan:
    """One scan: its header's payload, and where its data begin and end in the file."""

    header: bytes
    begin: int
    end: int


@dataclass(frozen=True)
class Markers:
    """A JPEG file taken apart.

    Attributes:
        needed: segments before the first scan that make the pixels, with their markers.
        beside: number of the application marker and payload of the others.
        body: where the first scan's marker begins in the file.
        end: where the end marker begins; None if there is none.
    """

    frame: Frame | None = None
    restart: int = 0
    needed: tuple[bytes, ...] = ()
    beside: tuple[tuple[int, bytes], ...] = ()
    body: int = 0
    scans: tuple[Scan, ...] = field(default=())
    end: int | None = None


def markers_of(data: bytes) -> Markers:
    """What can be told of ``data``, which may be damaged anywhere."""
    frame, restart, body = None, 0, 0
    needed: list[bytes] = []
    beside: list[tuple[int, bytes]] = []
    scans: list[Scan] = []
    place: int | None = 2
    while place is not None and (found := _next(data, place)):
        begin, kind, payload = found
        after = begin + 4 + len(payload)
        if kind == EOI:
            return Markers(frame, restart, tuple(needed), tuple(beside), body, tuple(scans), begin)
        if kind == SOS:
            body = body or begin
            place = _end_of_scan(data, after)
            scans.append(Scan(payload, after, len(data) if place is None else place))
            continue
        if kind in FRAMES and frame is None:
            frame = _frame(kind, payload)
        if kind == DRI and len(payload) >= 2:
            restart = int.from_bytes(payload[:2], "big")
        if kind in _APPLICATION:
            beside.append((kind - 0xE0, payload))
        elif kind != COMMENT and not scans:
            needed.append(data[begin:after])
        place = after
    return Markers(frame, restart, tuple(needed), tuple(beside), body, tuple(scans), None)


def _next(data: bytes, place: int) -> tuple[int, int, bytes] | None:
    """The marker at or after ``place``: where it begins, what it is, and its payload."""
    while (begin := data.find(b"\xff", place)) >= 0 and begin + 1 < len(data):
        kind = data[begin + 1]
        if kind == EOI:
            return begin, kind, b""
        if kind in (0x00, 0xFF) or kind in _BARE:
            place = begin + (1 if kind == 0xFF else 2)
            continue
        length = int.from_bytes(data[begin + 2 : begin + 4], "big")
        if length < 2 or begin + 2 + length > len(data):
            return None
        return begin, kind, data[begin + 4 : begin + 2 + length]
    return None


def _end_of_scan(data: bytes, begin: int) -> int | None:
    found = _IN_SCAN.search(data, begin)
    return found.start() if found else None


def _frame(kind: int, payload: bytes) -> Frame | None:
    if len(payload) < 6 or len(payload) < 6 + 3 * payload[5]:
        return None
    parts = (payload[6 + 3 * i : 9 + 3 * i] for i in range(payload[5]))
    return Frame(
        kind,
        bits=payload[0],
        height=int.from_bytes(payload[1:3], "big"),
        width=int.from_bytes(payload[3:5], "big"),
        components=tuple(Component(p[0], p[1] >> 4, p[1] & 15) for p in parts),
    )


def restarts(data: bytes, scan: Scan) -> int:
    """How many restart markers a scan has."""
    return sum(1 for _ in _RESTART.finditer(data, scan.begin, scan.end))


def scan_components(scan: Scan) -> Iterator[int]:
    """The numbers of the components in a scan."""
    count = scan.header[0] if scan.header else 0
    return (scan.header[1 + 2 * i] for i in range(count) if 1 + 2 * i < len(scan.header))
