"""The picture of the rooms shows the imports as they are."""

from __future__ import annotations

import pytest

from docs.images import rooms


def test_the_committed_picture_is_what_the_script_draws() -> None:
    drawn = rooms.PICTURE.read_text(encoding="utf-8")
    assert drawn == rooms.drawing(), "run: python docs/images/rooms.py"


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
