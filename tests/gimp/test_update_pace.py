"""How often the layer is redrawn, measured with a simulated clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY


class Time:
    """A simulated clock with delayed calls."""

    def __init__(self) -> None:
        self.now = 100.0
        self._calls: list[tuple[float, Callable[[], None]]] = []

    def clock(self) -> float:
        return self.now

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        assert seconds > 0
        self._calls.append((self.now + seconds, call))

    def pass_until(self, moment: float) -> None:
        """Advance the clock, and make each delayed call at its time."""
        while due := [each for each in self._calls if each[0] <= moment]:
            first = min(due, key=lambda each: each[0])
            self._calls.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = max(self.now, moment)


class Layer:
    """Records each drawn picture with its time; a drawing takes ``cost`` seconds."""

    def __init__(self, time: Time, cost: float) -> None:
        self._time = time
        self.cost = cost
        self.drawn: list[tuple[float, object]] = []

    def draw(self, picture: object) -> None:
        self.drawn.append((round(self._time.now - 100.0, 6), picture))
        self._time.now += self.cost


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    import update_pace as module

    return module


def test_first_picture_is_drawn_at_once(pace: ModuleType) -> None:
    time = Time()
    layer = Layer(time, 0.5)
    pace.UpdatePace(layer.draw, time.later, time.clock).show("first")
    assert layer.drawn == [(0.0, "first")]


def test_many_pictures_stay_within_the_time_limit(pace: ModuleType) -> None:
    """A picture every 20 ms for 400 s, of which each takes half a second to draw."""
    time = Time()
    layer = Layer(time, 0.5)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    for picture in range(20_000):
        time.pass_until(100.0 + 0.02 * picture)
        updates.show(picture)
    spent = len(layer.drawn) * layer.cost * (1 + pace.GIMP_AFTERWARDS)
    assert 0.9 * pace.SHARE <= spent / 400.0 <= 1.1 * pace.SHARE


def test_the_newest_waiting_picture_is_drawn_later(pace: ModuleType) -> None:
    time = Time()
    layer = Layer(time, 0.5)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    updates.show("first")
    time.pass_until(110.0)
    for picture in ("second", "third", "fourth"):
        updates.show(picture)
    time.pass_until(1000.0)
    due = 10.0 + 0.5 * (1 + pace.GIMP_AFTERWARDS) / pace.SHARE
    assert layer.drawn == [(0.0, "first"), (10.0, "second"), (due, "fourth")]


def test_the_first_drawing_is_not_timed(pace: ModuleType) -> None:
    """GIMP takes a second for the first picture of a format, and hundredths afterwards."""
    time = Time()
    layer = Layer(time, 1.0)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    for picture in range(400):
        time.pass_until(101.0 + 0.02 * picture)
        updates.show(picture)
        layer.cost = 0.02
    moments = [moment for moment, _ in layer.drawn]
    assert moments[:2] == [1.0, 1.0 + pace.FIRST_PAUSE]
    assert max(b - a for a, b in pairwise(moments[1:])) < 0.6


def test_one_slow_drawing_does_not_stop_the_rest(pace: ModuleType) -> None:
    time = Time()
    layer = Layer(time, 0.02)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    for picture in range(1000):
        time.pass_until(100.0 + 0.02 * picture)
        layer.cost = 1.5 if 500 <= picture < 530 else 0.02
        updates.show(picture)
    moments = [moment for moment, _ in layer.drawn]
    assert max(b - a for a, b in pairwise(moments[1:])) < 3.0


def test_slow_pictures_are_all_drawn_at_once(pace: ModuleType) -> None:
    time = Time()
    layer = Layer(time, 0.5)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    for picture in range(5):
        time.pass_until(100.0 + 80.0 * picture)
        updates.show(picture)
    assert layer.drawn == [(80.0 * picture, picture) for picture in range(5)]


def test_pace_follows_what_drawing_takes_now(pace: ModuleType) -> None:
    """When drawing becomes fast again, pictures are soon drawn often again."""
    time = Time()
    layer = Layer(time, 1.0)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    updates.show("slow")
    layer.cost = 0.01
    for picture in range(3):
        time.pass_until(200.0 + picture)
        updates.show(picture)
    assert layer.drawn[1:] == [(100.0, 0), (101.0, 1), (102.0, 2)]


def test_a_cancelled_picture_is_not_drawn(pace: ModuleType) -> None:
    time = Time()
    layer = Layer(time, 0.5)
    updates = pace.UpdatePace(layer.draw, time.later, time.clock)
    updates.show("first")
    updates.show("second")
    updates.forget()
    time.pass_until(1000.0)
    updates.show("of the next run")
    assert [picture for _, picture in layer.drawn] == ["first", "of the next run"]
