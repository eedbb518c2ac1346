"""The share of the time that has passed, and the time that is left, on pretended machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
import torch
from torch import Tensor

from engine.watched_evaluations import watch_evaluations
from neural_style.engine import Progress, StyleImage, Stylizer, Task
from neural_style.engine.plan.estimate import Calibration, Expected, expected_at
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.forecast import OF_EVALUATIONS, SLOW, Forecast, Measured, Trend
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe, Scale
from neural_style_protocol.settings import Settings

CPU = torch.device("cpu")
WHOLE, TILED = ExecutionPlan(CPU, None), ExecutionPlan(CPU, 704, 2)


@dataclass(frozen=True)
class Machine:
    """What it truly costs: seconds for a million pixels, whole and in tiles, and seconds besides.

    Attributes:
        beginning: of a scale's beginning, as a multiple of the estimate's; ``begins_in`` seconds
            come on top.
    """

    whole: float
    tiled: float
    fixed: float
    beginning: float
    begins_in: float


class Moment(NamedTuple):
    """What was told after an evaluation, and the true seconds before and after it."""

    fraction: float
    left: float | None
    passed: float
    truly_left: float


SLOW_MACHINE = Machine(whole=16.0, tiled=22.0, fixed=0.11, beginning=0.5, begins_in=0.3)
QUICK_MACHINE = Machine(whole=1.1, tiled=1.6, fixed=0.006, beginning=1.6, begins_in=0.1)
TOLD = {
    "as estimated": {SLOW_MACHINE: Calibration(16.0, 22.0), QUICK_MACHINE: Calibration(1.1, 1.6)},
    "busier since": {SLOW_MACHINE: Calibration(11.0, 15.0), QUICK_MACHINE: Calibration(0.8, 1.1)},
    "never measured": {},
}


def plan_of(scale: Scale) -> ExecutionPlan:
    return WHOLE if scale.pixels <= 1 << 20 else TILED


def moments(recipe: Recipe, machine: Machine, calibration: Calibration | None) -> list[Moment]:
    """Every evaluation of a picture on that machine."""
    now = 0.0
    speed = calibration or SLOW
    expected = [expected_at(recipe, scale, plan_of(scale), speed, 1) for scale in recipe.scales]
    forecast = Forecast(expected, lambda: now, calibrated=calibration is not None)
    told: list[tuple[float, float | None, float]] = []
    for place, scale in enumerate(recipe.scales):
        forecast.begin(place)
        pace = machine.whole if plan_of(scale) == WHOLE else machine.tiled
        each = machine.fixed + pace * scale.pixels / 1e6
        truth = Calibration(machine.whole, machine.tiled)
        begins = expected_at(recipe, scale, plan_of(scale), truth, 1).beginning
        now += machine.begins_in + machine.beginning * begins
        for evaluation in range(1, scale.evaluations + 1):
            now += each * (1.1 if evaluation % 2 else 0.9)
            forecast.evaluated(scale.evaluations - evaluation)
            told.append((forecast.fraction, forecast.left, now))
    return [Moment(fraction, left, then, now - then) for fraction, left, then in told]


@pytest.fixture(params=["draft", "standard", "high", "in tiles", "textbook"])
def recipe(request: pytest.FixtureRequest) -> Recipe:
    if request.param == "in tiles":
        return recipe_for(Settings(preset="standard", size=2400), (1600, 2400))
    return recipe_for(Settings(preset=request.param, size=512), (340, 512))


@pytest.mark.parametrize("calibration", TOLD)
@pytest.mark.parametrize("machine", [SLOW_MACHINE, QUICK_MACHINE], ids=["slow", "quick"])
def test_the_time_left_is_known_at_half_and_nothing_jumps_back(
    recipe: Recipe, machine: Machine, calibration: str
) -> None:
    seen = moments(recipe, machine, TOLD[calibration].get(machine))
    fractions = [moment.fraction for moment in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert seen[-1].left == 0.0
    half = min(seen, key=lambda moment: abs(moment.passed - moment.truly_left))
    assert half.left == pytest.approx(half.truly_left, rel=0.2)
    assert half.fraction == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("machine", [SLOW_MACHINE, QUICK_MACHINE], ids=["slow", "quick"])
def test_the_first_moments_are_the_estimates(recipe: Recipe, machine: Machine) -> None:
    """One small evaluation tells hardly anything of the large ones."""
    first = moments(recipe, machine, TOLD["as estimated"][machine])[0]
    assert first.left == pytest.approx(first.truly_left, rel=0.35)
    assert first.fraction < 0.1


def test_nothing_is_told_where_nothing_is_known() -> None:
    recipe = recipe_for(Settings(size=512), (340, 512))
    coarse = sum(scale.evaluations for scale in recipe.scales[:-2])
    lefts = [moment.left for moment in moments(recipe, QUICK_MACHINE, None)]
    # A quarter of the pixels tells enough. The first evaluation of a scale has its beginning in it.
    assert lefts[: coarse + 1] == [None] * (coarse + 1)
    assert None not in lefts[coarse + 1 :]


def test_a_small_picture_tells_the_fixed_cost_alone() -> None:
    found = Trend.through([Measured(0.002, 0.102, 0.05)], OF_EVALUATIONS)
    assert found.pace == pytest.approx(1.0, rel=0.1)
    assert found.at(0.0) == pytest.approx(0.1, rel=0.1)


def test_a_large_picture_tells_the_pace() -> None:
    found = Trend.through([Measured(0.002, 0.024, 0.05), Measured(4.0, 8.02, 0.05)], OF_EVALUATIONS)
    assert found.at(16.0) == pytest.approx(32.0, rel=0.1)
    assert found.at(0.0) == pytest.approx(0.02, rel=0.2)


def test_a_scale_that_ends_early_leaves_less_and_the_last_one_ends_it() -> None:
    now = 0.0
    expected = [Expected(100, 0.1, 0.1), Expected(100, 0.4, 0.4)]
    forecast = Forecast(expected, lambda: now, calibrated=True)
    for place, scale in enumerate(expected):
        forecast.begin(place)
        for evaluation in range(1, 11):
            now += scale.evaluation
            before, planned = forecast.left, scale.evaluations - evaluation
            forecast.evaluated(0 if evaluation == 10 else planned)
        assert before is not None
        assert forecast.left is not None
        assert before - forecast.left > 89 * scale.evaluation
    assert forecast.left == 0.0
    assert forecast.fraction == 1.0


def test_a_picture_that_goes_on_keeps_what_has_passed() -> None:
    """The clock has the seconds from before the interruption, too."""
    now = 90.0
    forecast = Forecast([Expected(100, 1.0, 0.0)], lambda: now, calibrated=True)
    forecast.begin(0)
    now += 1.0
    forecast.evaluated(9)
    assert forecast.fraction == pytest.approx(0.91, abs=0.01)


def test_what_a_clock_leaves_out_is_not_counted() -> None:
    """The worker's clock stands still while another job is computed between two steps."""
    now = 0.0
    forecast = Forecast([Expected(10, 1.0, 5.0)], lambda: now, calibrated=False)
    lefts = []
    for to_do, seconds in ((9, 5.0), (8, 1.0), (6, 2.0)):
        now += seconds
        forecast.evaluated(to_do)
        lefts.append(forecast.left)
    # The beginning is over with the first evaluation, and does not count.
    assert lefts == [None, pytest.approx(8.0), pytest.approx(9.0)]


class Paint(Protocol):
    def __call__(self, calibration: Calibration | None) -> list[Progress]: ...


@pytest.fixture
def paint(
    weights_file: Path, picture: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> Paint:
    """Paints on a pretended processor that needs 10 seconds for a million pixels, and 0.1."""
    now = 0.0

    def pass_time(image: Tensor, plan: ExecutionPlan) -> None:
        nonlocal now
        now += 0.1 + 10.0 * image[0, 0].numel() / 1e6

    watch_evaluations(monkeypatch, pass_time)

    def painted(calibration: Calibration | None) -> list[Progress]:
        nonlocal now
        now = 0.0
        seen: list[Progress] = []
        task = Task(
            picture("china", 160), (StyleImage(picture("mosaic", 96)),), Settings(iterations=4)
        )
        Stylizer(weights_file, device="cpu").stylize(
            task,
            lambda progress, render: not seen.append(progress),
            calibration=calibration,
            clock=lambda: now,
        )
        return seen

    return painted


def test_the_engine_tells_the_time_of_its_own_evaluations(paint: Paint) -> None:
    coarse, fine = (0.1 + 10.0 * pixels / 1e6 for pixels in (80 * 54, 160 * 107))
    whole = 4 * (coarse + fine)
    seen = paint(None)
    # The quarter of the pixels that the coarser scale has tells enough.
    assert [progress.left is None for progress in seen] == [True] + [False] * 7
    assert seen[5].left == pytest.approx(2 * fine)
    assert seen[5].fraction == pytest.approx(1 - 2 * fine / whole)
    assert seen[-1].left == 0.0
    assert seen[-1].fraction == 1.0
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)


def test_the_engine_begins_with_the_estimate(paint: Paint) -> None:
    seen = paint(Calibration(10.0, 10.0, 0.1))
    assert [progress.left is None for progress in seen] == [False] * 8
    assert seen[3].left == pytest.approx(4 * (0.1 + 10.0 * 160 * 107 / 1e6), rel=0.35)
