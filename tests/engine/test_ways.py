"""Whole or in tiles: the faster way is measured once, and taken from then on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import pytest
import torch
from torch import Tensor

from engine.watched_evaluations import watch_evaluations
from neural_style.engine import Outcome, StyleImage, Stylizer, Task
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.network.arithmetic import QUESTION
from neural_style.engine.objective import trial as trial_module
from neural_style.engine.plan import ways as ways_module
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.ways import LEAST_EVALUATIONS, LEAST_PIXELS, Ways
from neural_style.engine.recipe import Scale
from neural_style_protocol.settings import Settings

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
WHOLE, TILED, LEANER = (
    ExecutionPlan(CPU, None),
    ExecutionPlan(CPU, 704, 3),
    ExecutionPlan(CPU, 704, 2),
)
PLANS = [WHOLE, TILED, LEANER]
SIZE = (600, 800)
LARGE = Scale(SIZE, LEAST_EVALUATIONS)


def decided(whole: float, tiles: float) -> Ways:
    ways = Ways({}, "float32")
    ways.decide({TILED: tiles, WHOLE: whole}, SIZE)
    return ways


def test_both_ways_are_timed_once() -> None:
    assert Ways({}, "float32").undecided(PLANS, LARGE) == (TILED, WHOLE)
    assert decided(1.0, 2.0).undecided(PLANS, LARGE) == ()


@pytest.mark.parametrize(
    ("plans", "scale"),
    [
        (PLANS, Scale((100, LEAST_PIXELS // 100 - 1), LEAST_EVALUATIONS)),
        (PLANS, Scale(SIZE, LEAST_EVALUATIONS - 1)),
        ([TILED, LEANER], LARGE),
        ([WHOLE], LARGE),
        ([ExecutionPlan(GPU, None), ExecutionPlan(GPU, 704, 3), WHOLE], LARGE),
    ],
    ids=["small", "few evaluations", "no room for the whole", "no tiles", "a card"],
)
def test_what_would_not_pay_is_not_timed(plans: list[ExecutionPlan], scale: Scale) -> None:
    assert Ways({}, "float32").undecided(plans, scale) == ()


@pytest.mark.parametrize(
    ("whole", "tiles", "first"), [(2.0, 1.0, TILED), (1.0, 2.0, WHOLE), (1.03, 1.0, WHOLE)]
)
def test_the_faster_way_is_taken(whole: float, tiles: float, first: ExecutionPlan) -> None:
    ways = decided(whole, tiles)
    assert ways.ordered(PLANS, SIZE) == PLANS[PLANS.index(first) :]
    assert ways.ordered([TILED, LEANER], SIZE) == [TILED, LEANER]
    assert ways.ordered([WHOLE], SIZE) == [WHOLE]


def test_other_sizes_and_arithmetics_are_measured_for_themselves() -> None:
    ways = decided(2.0, 1.0)
    assert ways.ordered(PLANS, (610, 790))[0] == TILED
    assert ways.ordered(PLANS, (300, 400))[0] == WHOLE
    assert Ways(ways.notes, "bfloat16").ordered(PLANS, SIZE)[0] == WHOLE


def test_a_damaged_note_is_measured_again() -> None:
    notes: dict[str, str] = {}
    Ways(notes, "float32").decide({TILED: 1.0, WHOLE: 2.0}, SIZE)
    notes = dict.fromkeys(notes, "sideways")
    assert Ways(notes, "float32").undecided(PLANS, LARGE) == (TILED, WHOLE)
    assert Ways(notes, "float32").ordered(PLANS, SIZE) == PLANS


class Machine:
    """A pretended processor on which an evaluation takes one second in tiles, and more whole."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, whole: float) -> None:
        self.now = 0.0
        self.computed: list[int | None] = []

        def pass_time(image: Tensor, plan: ExecutionPlan) -> None:
            self.computed.append(plan.tile)
            self.now += whole if plan.tile is None else 1.0

        watch_evaluations(monkeypatch, pass_time)
        clock = SimpleNamespace(process_time=lambda: self.now)
        monkeypatch.setattr(trial_module, "time", clock)


@pytest.fixture(autouse=True)
def small_pictures_count(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "paint" in request.fixturenames:
        monkeypatch.setattr(ways_module, "LEAST_PIXELS", 1)
        monkeypatch.setattr(ways_module, "LEAST_EVALUATIONS", 3)
        plans = [ExecutionPlan(CPU, None), ExecutionPlan(CPU, 32, 3)]
        monkeypatch.setattr(stylizer_module, "plans_for", lambda *_: plans)


class Paint(Protocol):
    def __call__(
        self, notes: dict[str, str], should_stop: Callable[[], bool] = lambda: False
    ) -> Outcome: ...


@pytest.fixture
def paint(weights_file: Path, picture: Callable[..., Tensor]) -> Paint:
    def painted(notes: dict[str, str], should_stop: Callable[[], bool] = lambda: False) -> Outcome:
        notes.setdefault(QUESTION, "float32")
        settings = Settings(preset="draft", size=48, iterations=3)
        task = Task(picture("china", 48), (StyleImage(picture("mosaic", 48)),), settings)
        return Stylizer(weights_file, device="cpu", notes=notes).stylize(
            task, lambda progress, render: True, should_stop=should_stop
        )

    return painted


@pytest.mark.parametrize(("whole", "tile"), [(2.0, 32), (0.5, None)])
def test_a_first_picture_is_made_as_the_next(
    paint: Paint, monkeypatch: pytest.MonkeyPatch, whole: float, tile: int | None
) -> None:
    """What is measured has no other effect on it than the way that is taken."""
    machine = Machine(monkeypatch, whole)
    notes: dict[str, str] = {}
    first = paint(notes)
    assert machine.computed == [32, 32, None, None, tile, tile, tile]
    machine.computed.clear()
    second = paint(notes)
    assert machine.computed == [tile, tile, tile]
    assert torch.equal(first.image, second.image)
    assert first.steps == second.steps == 3


def test_a_way_that_does_not_fit_is_no_obstacle(
    paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[ExecutionPlan] = []

    def fail_once(image: Tensor, plan: ExecutionPlan) -> None:
        if plan.tile == 32 and not failed:
            failed.append(plan)
            raise MemoryError

    watch_evaluations(monkeypatch, fail_once)
    notes: dict[str, str] = {}
    assert paint(notes).steps == 3
    assert list(notes) == [QUESTION]


def test_another_job_between_two_tiles_does_not_count(
    paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview may be painted there, which takes seconds."""
    machine = Machine(monkeypatch, whole=2.0)

    def look_elsewhere() -> bool:
        machine.now += 5.0
        return False

    paint({}, look_elsewhere)
    assert machine.computed == [32, 32, None, None, 32, 32, 32]


def test_a_stop_while_the_ways_are_timed_keeps_the_picture(
    paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, whole=2.0)
    notes: dict[str, str] = {}
    outcome = paint(notes, lambda: True)
    assert outcome.ending == "stopped"
    assert outcome.steps == 0
    assert machine.computed == [32]
    assert list(notes) == [QUESTION]
