"""A style that was seen before costs nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.tiles.stages import Stage
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective import of_styles
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.style_cache import StyleCache, Summaries
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.gram import Gram
from neural_style_protocol.settings import Settings

MEASURES = [Gram("relu1_1", 1.0), Gram("relu2_1", 1.0)]
ZEROS, REPLICATE = Architecture(), Architecture("replicate", "average")


def image(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, 32, 32, generator=generator, dtype=torch.float64)


class Counted:
    """A computation that counts itself."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Summaries:
        self.times += 1
        return {MEASURES[0]: torch.eye(2) * self.times}


def test_what_differs_in_anything_is_computed(vgg64: Vgg) -> None:
    cache, compute = StyleCache(), Counted()
    first = cache.summaries(vgg64, image(1), MEASURES, ZEROS, compute)
    assert cache.summaries(vgg64, image(1).clone(), MEASURES, ZEROS, compute) is first
    assert compute.times == 1
    cache.summaries(vgg64, image(2), MEASURES, ZEROS, compute)
    cache.summaries(vgg64, image(1), MEASURES[:1], ZEROS, compute)
    cache.summaries(vgg64, image(1), MEASURES, REPLICATE, compute)
    cache.summaries(vgg64, image(1).view(1, 3, 16, 64), MEASURES, ZEROS, compute)
    cache.summaries(vgg64, image(1), MEASURES, ZEROS, compute, torch.ones(1, 4, 4))
    cache.summaries(vgg64, image(1), MEASURES, ZEROS, compute, torch.zeros(1, 4, 4))
    assert compute.times == 7


def test_the_longest_unused_is_forgotten(vgg64: Vgg) -> None:
    cache, compute = StyleCache(most=2), Counted()
    for seed in (1, 2, 1, 3):
        cache.summaries(vgg64, image(seed), MEASURES, ZEROS, compute)
    assert compute.times == 3
    cache.summaries(vgg64, image(1), MEASURES, ZEROS, compute)
    assert compute.times == 3
    cache.summaries(vgg64, image(2), MEASURES, ZEROS, compute)
    assert compute.times == 4


def test_whole_and_tiled_share_what_they_know(vgg64: Vgg, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_for(Settings(), (32, 32))
    cache = StyleCache()
    styles = [WeightedStyle(image(1), 0.5), WeightedStyle(image(2), 0.5)]
    whole = build_objective(vgg64, recipe, image(3), styles, cache=cache).evaluate(image(4))

    def refuse(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(of_styles._Passing, "_summarised", refuse)
    tiling = (Stage(1, 5, 2),)
    tiled = build_objective(vgg64, recipe, image(3), styles, tiling=tiling, cache=cache)
    style = tiled.evaluate(image(4)).losses.terms["style"]
    assert style == pytest.approx(whole.losses.terms["style"])


def test_a_term_is_the_same_for_every_weight(vgg64: Vgg) -> None:
    """Another strength asks for nothing new of a style that is known."""
    cache, compute = StyleCache(), Counted()
    for weight in (1.0, 7.0):
        measure = Gram("relu1_1", weight, relative=True).unweighted
        cache.summaries(vgg64, image(1), [measure], ZEROS, compute)
    assert compute.times == 1
