"""The markers of a JPEG file: those of the pixels, those of metadata, and its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SOI, EOI, SOS, DHT, DRI, COMMENT = 0xD8, 0xD9, 0xDA, 0xC4, 0xDD, 0xFE
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_PAYLOAD = frozenset({0x01, *range(0xD0, 0xD9)})
_APPLICATION = frozenset(range(0xE0, 0xF0))
_IN_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_RESTART = re.compile(rb"\xff[\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True)
class Component:
    """One component: its number, and its sampling factors across and down."""

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
    """One scan: its header's payload, and the start and end of its data in the file."""

    header: bytes
    begin: int
    end: int


@dataclass(frozen=True)
class Markers:
    """The parts of a JPEG file.

    Attributes:
        frame: the first frame header.
        restart: the restart interval; 0 for none.
        required: segments before the first scan that are needed to decode, with their markers.
        application: number and payload of each application segment.
        scans_start: the offset of the first scan's marker in the file.
        end: the offset of the end marker; None if there is none.
    """

    frame: Frame | None = None
    restart: int = 0
    required: tuple[bytes, ...] = ()
    application: tuple[tuple[int, bytes], ...] = ()
    scans_start: int = 0
    scans: tuple[Scan, ...] = field(default=())
    end: int | None = None


def markers_of(data: bytes) -> Markers:
    """The markers of ``data``, as far as they can be read; ``data`` may be damaged."""
    frame, restart, scans_start = None, 0, 0
    required: list[bytes] = []
    application: list[tuple[int, bytes]] = []
    scans: list[Scan] = []
    end: int | None = None
    place: int | None = 2
    while place is not None and (found := _next(data, place)):
        begin, kind, payload = found
        after = begin + 4 + len(payload)
        if kind == EOI:
            end = begin
            break
        if kind == SOS:
            scans_start = scans_start or begin
            place = _end_of_scan(data, after)
            scans.append(Scan(payload, after, len(data) if place is None else place))
            continue
        if kind in FRAMES and frame is None:
            frame = _frame(kind, payload)
        if kind == DRI and len(payload) >= 2:
            restart = int.from_bytes(payload[:2], "big")
        if kind in _APPLICATION:
            application.append((kind - 0xE0, payload))
        elif kind != COMMENT and not scans:
            required.append(data[begin:after])
        place = after
    return Markers(
        frame, restart, tuple(required), tuple(application), scans_start, tuple(scans), end
    )


def _next(data: bytes, place: int) -> tuple[int, int, bytes] | None:
    """The next marker from ``place`` on: its offset, its second byte, and its payload."""
    while (begin := data.find(b"\xff", place)) >= 0 and begin + 1 < len(data):
        kind = data[begin + 1]
        if kind == EOI:
            return begin, kind, b""
        if kind in (0x00, 0xFF) or kind in _WITHOUT_PAYLOAD:
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
    """The number of restart markers in a scan."""
    return sum(1 for _ in _RESTART.finditer(data, scan.begin, scan.end))


def scan_components(scan: Scan) -> Iterator[int]:
    """The numbers of the components in a scan."""
    count = scan.header[0] if scan.header else 0
    return (scan.header[1 + 2 * i] for i in range(count) if 1 + 2 * i < len(scan.header))
