"""What the leanest way needs for each pixel is what the plan predicts: no map is kept in vain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.vgg import Vgg, load_weights
from neural_style.engine.objective import build as build_module
from neural_style.engine.objective import matched as matched_module
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.plan.execution_plan import ExecutionPlan, _network_bytes
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.base import values_kept, values_looked_up
from neural_style_protocol.settings import Settings
from pretended_gpu.card import Card
from pretended_gpu.machine import pretended

WIDTH, TILE = 192, 64


class Needs(NamedTuple):
    """Bytes that an objective needs while it is built, from then on, and in an evaluation."""

    build: int
    held: int
    evaluation: int


def needs(card: Card, vgg: Vgg, picture: Callable[..., Tensor], height: int) -> Needs:
    content, style = (
        normalise(F.interpolate(picture(name, 64)[None], size)[0]).unsqueeze(0).to(card.device)
        for name, size in (("china", (height, WIDTH)), ("strokes", (64, 64)))
    )
    recipe = recipe_for(Settings(size=max(height, WIDTH)), (height, WIDTH))
    tiling = ExecutionPlan(card.device, TILE, 1, low_memory=True).tiling(recipe.architecture)
    before = card.peak_bytes = card.live_bytes
    objective = build_objective(
        vgg, recipe, content, [WeightedStyle(style, 1.0)], tiling=tiling, compactly=True
    )
    built, held = card.peak_bytes, card.live_bytes
    card.peak_bytes = card.live_bytes
    objective.evaluate(content)
    return Needs(built - before, held - before, card.peak_bytes - before)


def test_the_leanest_way_in_float32(
    weights_file: Path, picture: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What does not grow with large pictures does not grow with these either.
    monkeypatch.setattr(matched_module, "SEARCH_PIXELS", 1 << 10)
    monkeypatch.setattr(build_module, "BAND_PIXELS", 1 << 12)
    monkeypatch.setattr(build_module, "LARGE_MAP", 1 << 8)
    with pretended(Card(capability=(6, 1))) as (card,):
        vgg = Vgg(load_weights(weights_file), card.device, torch.float32)
        small, large = (needs(card, vgg, picture, height) for height in (192, 576))
    pixels = WIDTH * (576 - 192)
    build, held, evaluation = ((b - a) / pixels for a, b in zip(small, large, strict=True))
    terms = recipe_for(Settings(), (WIDTH, WIDTH)).terms
    shares = 4  # of the grain term, in float32
    # The style is small, so its features are looked up in its own maps; only the places are kept.
    kept = values_kept(terms) - values_looked_up(terms)
    targets, places = 2 * kept, 4 * (1 / 16 + 1 / 64)
    assert held == pytest.approx(targets + shares + places, abs=1)
    plan = ExecutionPlan(torch.device("cpu"), TILE, 1, low_memory=True)
    sizes = (192, WIDTH), (576, WIDTH)
    of_maps = [_network_bytes(plan, size, 4) for size in sizes]
    predicted = targets + shares + places + (of_maps[1] - of_maps[0]) / pixels
    assert build < predicted
    # No map is held in its full size on the way.
    assert build < 1.05 * held
    # The tiles of the first blocks, whose size is the same for all pictures, hide a part of it.
    assert predicted - 30 < evaluation < predicted
