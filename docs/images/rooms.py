"""Draw the rooms of ARCHITECTURE.md from the imports: ``python docs/images/rooms.py``.

Where a room stands is written here; which arrows there are is read from the code. A module that
belongs to no room is an error, and so are rooms that import one another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from xml.sax.saxutils import escape

ROOT = Path(__file__).parents[2]
PICTURE = Path(__file__).with_suffix(".svg")

Edges: TypeAlias = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Room:
    """A box of the picture.

    Attributes:
        modules: dotted names, each for a module and all that lies inside it.
        column, row: of the box's centre; parts of a column are allowed.
        columns: how wide the box is.
    """

    name: str
    words: str
    modules: tuple[str, ...]
    column: float
    row: float
    columns: float = 0.86
    colour: str = "#ffffff"


GIMP, COMMAND, SERVICE, WORKER = "#f6e8d5", "#e7f0dc", "#dcebf5", "#ece3f3"
ENGINE = "neural_style.engine"

ROOMS = (
    Room("plug-in", "the filter in GIMP", ("plug-in",), 0, 0, colour=GIMP),
    Room("install", "set-up for one user", ("install",), 0.5, 1),
    Room(
        "cli",
        "the command",
        tuple(f"neural_style.{name}" for name in ("cli", "__main__", "contact_sheet", "reference")),
        *(3, 0),
        colour=COMMAND,
    ),
    Room("batch", "many pictures", ("neural_style.batch",), 4, 0, colour=COMMAND),
    Room("service", "queue and history", ("neural_style.service",), 3.75, 1, colour=SERVICE),
    Room("bridge", "GIMP to daemon", ("neural_style.bridge",), 1.5, 1, colour=SERVICE),
    Room("worker", "computes the jobs", ("neural_style.worker",), 5.15, 0, colour=WORKER),
    Room("ranks", "one picture, many", ("neural_style.ranks",), 1.75, 0, colour=WORKER),
    Room("setup", "into every GIMP", ("neural_style.setup",), 3.25, 3, colour=COMMAND),
    Room("doctor", "looks for faults", ("neural_style.doctor",), 2, 2, colour=COMMAND),
    Room("picture_files", "PNG, JPEG, …", ("neural_style.picture_files",), 2.25, 5, colour=COMMAND),
    Room("video", "frames and motion", ("neural_style.video",), 4.22, 3, colour=COMMAND),
    Room("jobstore", "files of the jobs", ("neural_style.jobstore",), 3.75, 2),
    Room(
        "gimps",
        "finds each GIMP",
        tuple(
            f"neural_style.{name}"
            for name in ("gimps", "gimp_places", "asking", "plugin_copies", "sample_picture")
        ),
        *(2, 4),
    ),
    Room("samples", "styles to begin with", ("neural_style.samples",), 1, 7),
    Room(
        "run",
        "from coarse to fine",
        (
            ENGINE,
            *(
                f"{ENGINE}.{name}"
                for name in ("stylizer", "run", "starting", "scale_run", "calibrate")
            ),
        ),
        *(5.75, 2),
        colour=WORKER,
    ),
    Room("objective", "the sum of the terms", (f"{ENGINE}.objective",), 5.75, 3, colour=WORKER),
    Room("plan", "memory and devices", (f"{ENGINE}.plan",), 5.75, 4, colour=WORKER),
    Room(
        "recipe",
        "presets and settings",
        tuple(f"{ENGINE}.{name}" for name in ("presets", "recipe", "task", "losses", "checks")),
        *(5.75, 5),
        colour=WORKER,
    ),
    Room("terms", "the losses", (f"{ENGINE}.terms",), 5.25, 6, colour=WORKER),
    Room("minimise", "L-BFGS and Adam", (f"{ENGINE}.minimise",), 6.25, 6, colour=WORKER),
    Room("network", "VGG-19", (f"{ENGINE}.network",), 5.25, 7, colour=WORKER),
    Room("picture", "sizes and colours", (f"{ENGINE}.picture",), 6.25, 7, colour=WORKER),
    Room("weights", "VGG-19 on disk", ("neural_style.weights",), 4.9, 8.4),
    Room("share", "bands of processes", (f"{ENGINE}.share",), 6.25, 8.4, colour=WORKER),
    Room(
        "protocol",
        "settings, messages, errors, the client",
        ("neural_style_protocol",),
        *(3.125, 9.6),
        columns=7.11,
    ),
)
NO_ROOM = frozenset({"neural_style"})
"""What only tells the version."""

SOURCES: Mapping[str, str] = {
    "install": "install",
    "shared/neural_style_protocol": "neural_style_protocol",
    "daemon/neural_style": "neural_style",
    "gimp_plugin/neural-style": "plug-in",
}


def modules() -> dict[str, Path]:
    """Every module of the program by its dotted name; the plug-in's begin with ``plug-in``."""
    found = {}
    for folder, package in SOURCES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside = path.relative_to(ROOT / folder).with_suffix("").parts
            if "vendor" not in inside:
                found[".".join((package, *inside)).removesuffix(".__init__")] = path
    return found


def room_of(module: str) -> str:
    """The room whose modules name the longest part of ``module``.

    Raises:
        LookupError: it is in none.
    """
    names = {name: room.name for room in ROOMS for name in room.modules}
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        # A package's own file must not take in what has no place in it.
        if name in names and (name != ENGINE or end == len(parts)):
            return names[name]
    raise LookupError(f"{module} is in no room: give it a place in docs/images/rooms.py")


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The program's own modules that a file imports, anywhere in it."""
    beside = "plug-in." if path.is_relative_to(ROOT / "gimp_plugin") else ""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            longer = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else node.module for name in longer]
        for name in names:
            if name in known or beside + name in known:
                yield name if name in known else beside + name


def imports_between_rooms() -> Edges:
    """Which room imports from which."""
    known = modules()
    pairs = {
        (room_of(module), room_of(other))
        for module, path in known.items()
        for other in imported(path, known)
        if not {module, other} & NO_ROOM
    }
    return frozenset((room, other) for room, other in pairs if room != other)


def without_short_cuts(edges: Edges) -> Edges:
    """The arrows that no longer way makes needless.

    Raises:
        ValueError: rooms import one another.
    """
    reached: dict[str, set[str]] = {}

    def below(room: str, above: tuple[str, ...] = ()) -> set[str]:
        if room in above:
            raise ValueError(f"rooms import one another: {' → '.join((*above, room))}")
        if room not in reached:
            nearest = {other for one, other in edges if one == room}
            deeper = [below(other, (*above, room)) for other in nearest]
            reached[room] = nearest.union(*deeper)
        return reached[room]

    for room, _ in edges:
        below(room)
    return frozenset(
        (room, other)
        for room, other in edges
        if not any(other in reached.get(n, ()) for one, n in edges if one == room)
    )


# --- drawing -----------------------------------------------------------------------------------

COLUMN, ROW, HEIGHT, LEFT, TOP = 150, 66, 44, 80, 40
WIDTH, DEPTH = LEFT + 6.83 * COLUMN, TOP + 10.2 * ROW
INK, LINE = "#222222", "#666666"

Point: TypeAlias = tuple[float, float]


def centre(room: Room) -> Point:
    return LEFT + room.column * COLUMN, TOP + room.row * ROW


def box(x: float, y: float, width: float, height: float, fill: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" rx="6" fill="{fill}" stroke="{LINE}"{dashed}/>'
    )


def text(x: float, y: float, words: str, size: int, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="middle">{escape(words)}</text>'
    )


def edge_towards(room: Room, target: Point) -> Point:
    """Where a line from the centre of ``room`` to ``target`` leaves its box."""
    x, y = centre(room)
    across, down = target[0] - x, target[1] - y
    half_width, half_height = room.columns * COLUMN / 2, HEIGHT / 2
    share = min(
        half_width / abs(across) if across else float("inf"),
        half_height / abs(down) if down else float("inf"),
    )
    return x + across * share, y + down * share


def ends(room: Room, other: Room) -> tuple[Point, Point]:
    """Where an arrow begins and ends: it is straight, and to a wide box straight down."""
    x, y = centre(room)
    target_x, target_y = centre(other)
    half = other.columns * COLUMN / 2
    if other.columns > 1 and abs(x - target_x) < half:
        return (x, y + HEIGHT / 2), (x, target_y - HEIGHT / 2)
    return edge_towards(room, (target_x, target_y)), edge_towards(other, (x, y))


def arrow(start: Point, end: Point) -> str:
    """A line with a head."""
    return (
        f'<line x1="{start[0]:.0f}" y1="{start[1]:.0f}" x2="{end[0]:.0f}" y2="{end[1]:.0f}" '
        f'stroke="{LINE}" stroke-width="1.3" marker-end="url(#head)"/>'
    )


def drawing() -> str:
    """The picture, as SVG."""
    by_name = {room.name: room for room in ROOMS}
    arrows = sorted(without_short_cuts(imports_between_rooms()))
    inside = [room for room in ROOMS if room.modules[-1].startswith(ENGINE)]
    rows = [room.row for room in inside]
    middle = TOP + (min(rows) + max(rows)) / 2 * ROW
    engine_x = LEFT + 5.75 * COLUMN
    engine_height = (max(rows) - min(rows)) * ROW + HEIGHT + 44
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {DEPTH:.0f}" '
        f'width="{WIDTH:.0f}" height="{DEPTH:.0f}" font-family="sans-serif" fill="{INK}">',
        "<!-- Made by docs/images/rooms.py from the imports. -->",
        f'<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>',
        f'<rect width="{WIDTH:.0f}" height="{DEPTH:.0f}" fill="#ffffff"/>',
        box(engine_x, middle - 8, 2.0 * COLUMN, engine_height, "#f8f4fb", "5 4"),
        text(engine_x - 0.78 * COLUMN, middle - engine_height / 2 + 12, "engine", 14, "bold"),
    ]
    lines += [arrow(*ends(by_name[room], by_name[other])) for room, other in arrows]
    for room in ROOMS:
        x, y = centre(room)
        lines.append(box(x, y, room.columns * COLUMN, HEIGHT, room.colour))
        lines += [text(x, y - 3, room.name, 14, "bold"), text(x, y + 13, room.words, 11)]
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
