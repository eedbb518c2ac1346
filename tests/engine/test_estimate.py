"""Predictions follow the picture's size and the recipe."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from neural_style.engine import Stylizer
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.calibrate import CalibrationStopped, calibrate
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.estimate import Calibration, Estimate, estimate
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.temporal import Temporal
from neural_style_protocol.settings import Settings

CPU = torch.device("cpu")


def predicted(
    size: Size, plan: ExecutionPlan, preset: str = "standard", styles: int = 1
) -> Estimate:
    recipe = recipe_for(Settings(preset=preset, size=max(size)), size)
    return estimate(
        *(recipe, size, torch.bfloat16, lambda _: [plan], lambda _: 10**12, Calibration(5.0, 8.0)),
        styles=styles,
    )


def test_time_and_memory_grow_with_the_picture() -> None:
    plan = ExecutionPlan(CPU, 704, kept=1)
    small, large = predicted((1000, 1500), plan), predicted((4000, 6000), plan)
    assert small.size == (1000, 1500)
    assert large.seconds > small.seconds
    assert large.peak_bytes > small.peak_bytes


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("tile", [None, 256])
def test_the_frames_before_take_memory(dtype: torch.dtype, tile: int | None) -> None:
    size = (600, 900)
    term = Temporal(10.0, torch.zeros(1, 3, 60, 90), torch.ones(1, 1, 60, 90))
    fitted = term.fitted_to(torch.zeros(1, 3, *size), ())
    plan, speed = ExecutionPlan(CPU, tile, 2), Calibration(5.0, 8.0)
    recipe = recipe_for(Settings(size=max(size)), size)
    alone, after = (
        estimate(each, size, dtype, lambda _: [plan], lambda _: 10**12, speed, lambda _: 0)
        for each in (recipe, replace(recipe, terms=(*recipe.terms, term)))
    )
    held = after.peak_bytes - alone.peak_bytes
    assert held >= fitted.earlier.nbytes + fitted.trust.nbytes


def test_every_evaluation_counts() -> None:
    whole = ExecutionPlan(CPU, None)
    draft, high = predicted((400, 600), whole, "draft"), predicted((400, 600), whole, "high")
    assert high.evaluations > draft.evaluations
    assert high.seconds > draft.seconds
    assert high.seconds > 5.0 * 0.24 * high.full_size_evaluations


def test_tiles_cost_time_and_save_memory() -> None:
    whole, tiled = (predicted((1000, 1500), ExecutionPlan(CPU, tile, 2)) for tile in (None, 256))
    assert tiled.seconds > whole.seconds
    assert tiled.peak_bytes < whole.peak_bytes


def test_tiles_have_a_speed_of_their_own() -> None:
    whole, tiled = (predicted((1000, 1500), ExecutionPlan(CPU, tile, 3)) for tile in (None, 704))
    assert tiled.seconds / whole.seconds == pytest.approx(8 / 5, rel=0.02)


def test_both_speeds_are_measured(vgg64: Vgg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neural_style.engine.calibrate.CALIBRATION_SIDE", 48)
    found = calibrate(vgg64, recipe_for(Settings(), (48, 48)))
    assert found.whole > 0
    assert found.tiled > 0


@pytest.mark.parametrize("preset", ["draft", "standard", "textbook"])
def test_each_style_costs_time_and_memory(preset: str) -> None:
    plan = ExecutionPlan(CPU, None)
    one, two, three = (predicted((480, 640), plan, preset, styles) for styles in (1, 2, 3))
    assert one.seconds < two.seconds < three.seconds
    assert three.seconds - two.seconds == pytest.approx(two.seconds - one.seconds)
    assert one.peak_bytes < two.peak_bytes < three.peak_bytes
    assert one.evaluations == three.evaluations


def test_a_style_costs_more_where_its_places_are_matched() -> None:
    """As measured: the passes of the style, and the search for its places."""
    plan = ExecutionPlan(CPU, None)

    def of_a_style(preset: str) -> float:
        more, one = (predicted((768, 1024), plan, preset, styles) for styles in (2, 1))
        return (more.seconds - one.seconds) / 5.0 / 0.786  # in evaluations at full size

    assert of_a_style("textbook") == pytest.approx(0.5, rel=0.1)
    assert of_a_style("draft") == pytest.approx(2.8, rel=0.1)


@pytest.mark.parametrize("preset", ["draft", "standard", "high", "textbook"])
def test_the_work_is_told_in_evaluations_at_full_size(preset: str) -> None:
    found = predicted((800, 1200), ExecutionPlan(CPU, None), preset)
    assert 0 < found.full_size_evaluations <= found.evaluations


def test_a_large_picture_is_painted_at_a_megapixel_and_carried_to_its_size() -> None:
    plan = ExecutionPlan(CPU, 704, kept=1)
    assert predicted((2828, 4243), plan).full_size_evaluations <= 9
    assert predicted((4000, 6000), plan, "high").full_size_evaluations <= 15
    usual = recipe_for(Settings(size=1024), (683, 1024))
    large = recipe_for(Settings(), (2732, 4096))
    assert large.scales[-1].size == (2732, 4096)
    assert large.scales[: len(usual.scales)] == usual.scales
    assert [scale.evaluations for scale in large.scales[len(usual.scales) :]] == [3, 3]


def test_a_fixed_number_of_iterations_is_kept_to() -> None:
    recipe = recipe_for(Settings(size=6000, iterations=2), (4000, 6000))
    assert {scale.evaluations for scale in recipe.scales} == {2}


def test_what_measuring_used_is_given_back(
    stylizer: Stylizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The C library would keep it, for the next evaluation."""
    released: list[torch.device] = []
    monkeypatch.setattr(stylizer_module, "release_memory", released.append)
    with pytest.raises(CalibrationStopped):
        stylizer.calibrate(Settings(), lambda: True)
    assert released == [torch.device(stylizer.device)]
    stylizer.warm_up()
    assert len(released) == 2
