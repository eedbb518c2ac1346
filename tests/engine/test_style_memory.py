"""A style that was seen before costs nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.tiles.stages import Stage
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.objective import Objective, WeightedStyle
from neural_style.engine.objective.style_memory import StyleMemory
from neural_style.engine.objective.tiled_objective import TiledObjective
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

LAYERS = ["relu1_1", "relu2_1"]
ZEROS, REPLICATE = Architecture(), Architecture("replicate", "average")


def image(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, 32, 32, generator=generator, dtype=torch.float64)


class Counted:
    """A computation that counts itself."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, Tensor]:
        self.times += 1
        return {"relu1_1": torch.eye(2) * self.times}


def test_what_differs_in_anything_is_computed(vgg64: Vgg) -> None:
    memory, compute = StyleMemory(), Counted()
    first = memory.grams(vgg64, image(1), LAYERS, ZEROS, compute)
    assert memory.grams(vgg64, image(1).clone(), LAYERS, ZEROS, compute) is first
    assert compute.times == 1
    memory.grams(vgg64, image(2), LAYERS, ZEROS, compute)
    memory.grams(vgg64, image(1), LAYERS[:1], ZEROS, compute)
    memory.grams(vgg64, image(1), LAYERS, REPLICATE, compute)
    memory.grams(vgg64, image(1).view(1, 3, 16, 64), LAYERS, ZEROS, compute)
    assert compute.times == 5


def test_the_longest_unused_is_forgotten(vgg64: Vgg) -> None:
    memory, compute = StyleMemory(most=2), Counted()
    for seed in (1, 2, 1, 3):
        memory.grams(vgg64, image(seed), LAYERS, ZEROS, compute)
    assert compute.times == 3
    memory.grams(vgg64, image(1), LAYERS, ZEROS, compute)
    assert compute.times == 3
    memory.grams(vgg64, image(2), LAYERS, ZEROS, compute)
    assert compute.times == 4


def test_whole_and_tiled_share_what_they_know(vgg64: Vgg, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_for(Settings(), (32, 32))
    memory = StyleMemory()
    styles = [WeightedStyle(image(1), 0.5), WeightedStyle(image(2), 0.5)]
    whole = Objective(vgg64, recipe, image(3), styles, memory).evaluate(image(4))

    def refuse(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("neural_style.engine.objective.tiled_objective._grams", refuse)
    tiling = (Stage(1, 5, 2),)
    tiled = TiledObjective(vgg64, recipe, image(3), styles, tiling, memory=memory)
    assert tiled.evaluate(image(4)).losses.style == pytest.approx(whole.losses.style)
