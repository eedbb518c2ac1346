"""The picture of the rooms shows the imports as they are."""

from __future__ import annotations

import pytest

from docs.images import rooms


def test_the_committed_picture_is_what_the_script_draws() -> None:
    drawn = rooms.PICTURE.read_text(encoding="utf-8")
    assert drawn == rooms.drawing(), "run: python docs/images/rooms.py"


def crosses(start: rooms.Point, end: rooms.Point, room: rooms.Room) -> bool:
    """Whether a part of the line lies inside the room's box."""
    x, y = rooms.centre(room)
    half_width, half_height = room.columns * rooms.COLUMN / 2, rooms.HEIGHT / 2
    first, last = 0.0, 1.0
    for begin, finish, low, high in (
        (start[0], end[0], x - half_width, x + half_width),
        (start[1], end[1], y - half_height, y + half_height),
    ):
        way = finish - begin
        if way == 0:
            if not low <= begin <= high:
                return False
            continue
        near, far = sorted(((low - begin) / way, (high - begin) / way))
        first, last = max(first, near), min(last, far)
    return first < last


def test_a_line_through_a_box_is_told_from_one_beside_it() -> None:
    room = rooms.Room("a", "", (), 1, 1)
    x, y = rooms.centre(room)
    assert crosses((x - 200, y - 100), (x + 200, y + 100), room)
    assert crosses((x, y - 100), (x, y + 100), room)
    assert not crosses((x - 200, y - 100), (x + 200, y - 90), room)
    assert not crosses((x, y - 100), (x, y - 50), room)


def test_no_arrow_passes_behind_a_room_that_it_does_not_belong_to() -> None:
    by_name = {room.name: room for room in rooms.ROOMS}
    behind = [
        f"{one} → {other} behind {room.name}"
        for one, other in sorted(rooms.without_short_cuts(rooms.imports_between_rooms()))
        for room in rooms.ROOMS
        if room.name not in (one, other)
        and crosses(*rooms.ends(by_name[one], by_name[other]), room)
    ]
    assert not behind


def test_no_room_covers_another() -> None:
    for place, room in enumerate(rooms.ROOMS):
        for other in rooms.ROOMS[place + 1 :]:
            (x, y), (x_there, y_there) = rooms.centre(room), rooms.centre(other)
            wide = (room.columns + other.columns) * rooms.COLUMN / 2
            assert abs(x - x_there) > wide or abs(y - y_there) > rooms.HEIGHT, (room, other)


def test_the_architecture_shows_it() -> None:
    page = (rooms.ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert f"({rooms.PICTURE.relative_to(rooms.ROOT).as_posix()})" in page


def test_imports_are_found_at_the_top_and_inside_functions() -> None:
    edges = rooms.imports_between_rooms()
    assert ("service", "jobstore") in edges
    assert ("cli", "service") in edges  # inside a function
    assert ("jobstore", "service") not in edges


def test_every_room_has_modules() -> None:
    known = {rooms.room_of(module) for module in rooms.modules() if module not in rooms.NO_ROOM}
    assert known == {room.name for room in rooms.ROOMS}


def test_a_short_cut_is_left_out_and_its_longer_way_is_not() -> None:
    edges = frozenset({("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")})
    assert rooms.without_short_cuts(edges) == edges - {("a", "c")}


def test_rooms_that_import_one_another_are_refused() -> None:
    with pytest.raises(ValueError, match="import one another"):
        rooms.without_short_cuts(frozenset({("a", "b"), ("b", "c"), ("c", "a")}))


@pytest.mark.parametrize("module", ["neural_style.attic", "neural_style.engine.cellar.tap"])
def test_a_module_without_a_room_is_refused(module: str) -> None:
    with pytest.raises(LookupError, match="no room"):
        rooms.room_of(module)
