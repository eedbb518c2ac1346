"""What a card needs for an evaluation besides the cost of its pixels is measured, not assumed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import Tensor

from neural_style.engine import Stylizer
from neural_style.engine.plan.estimate import SECONDS_PER_EVALUATION
from neural_style_protocol.settings import Settings
from pretended_gpu.card import Card

SETTINGS = Settings(preset="draft")
SMALL, LARGE = 32, 64


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neural_style.engine.calibrate.CALIBRATION_SIDE", SMALL)
    monkeypatch.setattr("neural_style.engine.calibrate.LARGER_SIDE", LARGE)


@pytest.fixture
def as_fast_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Every evaluation takes so long: a fixed time, and one for each megapixel."""

    def pretend(fixed: float, each: float) -> None:
        def seconds(_objective: object, image: Tensor, _should_stop: object) -> float:
            return fixed + each * image.shape[2] * image.shape[3] / 1e6

        monkeypatch.setattr("neural_style.engine.calibrate._best_seconds", seconds)

    return pretend


def test_a_cards_fixed_cost_is_told_from_that_of_pixels(
    stylizer: Stylizer, as_fast_as: Callable[[float, float], None]
) -> None:
    as_fast_as(0.004, 0.01)
    found = stylizer.calibrate(SETTINGS)
    assert found.whole == pytest.approx(0.01)
    assert found.tiled == pytest.approx(0.01)
    assert found.fixed == pytest.approx(0.004)
    told = stylizer.estimate(SETTINGS, (2000, 3000), found)
    megapixels = told.size[0] * told.size[1] / 1e6
    least = told.evaluations * 0.004 + told.full_size_evaluations * megapixels * 0.01
    assert least < told.seconds < 1.5 * least


def test_on_the_processor_it_is_known(
    weights_file: Path, as_fast_as: Callable[[float, float], None]
) -> None:
    as_fast_as(0.0, 5.0)
    found = Stylizer(weights_file, device="cpu").calibrate(SETTINGS)
    assert (found.whole, found.fixed) == (pytest.approx(5.0), SECONDS_PER_EVALUATION)


def test_the_clock_stops_when_the_card_is_done(stylizer: Stylizer, card: Card) -> None:
    """Not when it has been told what to do: each timed evaluation is waited for."""
    stylizer.calibrate(SETTINGS)
    waits = sum(count for (_, place), count in card.noted("sync tolist").items())
    assert waits == 4 * 4  # four objectives, each with a warm-up and three rounds
