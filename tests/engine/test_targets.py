"""In tiles, the features of small styles are looked up in their own maps instead of being kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from neural_style.engine.minimise.steps import LbfgsSteps
from neural_style.engine.network.passes import WHOLE
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective import build as build_module
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.comparison import MapComparison
from neural_style.engine.objective.matching import Matches
from neural_style.engine.objective.targets import Found, KeptTarget, LookedUp
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.plan.execution_plan import ExecutionPlan, candidate_plans, peak_bytes
from neural_style.engine.plan.planner import looked_up_at
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe
from neural_style.engine.share import Span
from neural_style.engine.terms.base import values_kept
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]
CPU = torch.device("cpu")
WINDOWS = [WHOLE, (..., slice(2, 5), slice(1, 7)), (..., slice(0, 1), slice(6, 8))]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("shares", [(1.0,), (0.3, 0.7)])
def test_what_is_looked_up_is_what_would_be_kept(shares: Sequence[float], window: object) -> None:
    size, own = (8, 8), Span(2, 8)
    kept = torch.zeros(1, 4, 6, 8, dtype=torch.float64)
    found = []
    for place, share in enumerate(shares):
        features = torch.randn(1, 4, 5 + place, 3, dtype=torch.float64)
        matches = Matches(torch.randint(0, 6, (4, 4)), (3, 2))
        kept += share * matches.gathered(features, size, own)
        found.append(Found(share, features, matches.positions((5 + place, 3), size, own)))
    target, same = LookedUp(tuple(found)), KeptTarget(kept)
    torch.testing.assert_close(target.at(window, kept.dtype), same.at(window, kept.dtype))
    assert (target.values, target.dtype) == (same.values, same.dtype)
    for row, expected in zip(target.rows(), same.rows(), strict=True):
        torch.testing.assert_close(row.squeeze(-2), expected)


def compared(
    vgg: Vgg, recipe: Recipe, content: Tensor, styles: Sequence[Tensor], plan: ExecutionPlan
) -> tuple[list[type], Tensor, float]:
    """The kinds of targets, the gradient and the loss at the content turned over."""
    weighted = [WeightedStyle(style, 1 / len(styles)) for style in styles]
    objective = build_objective(
        vgg, recipe, content, weighted, tiling=plan.tiling(recipe.architecture)
    )
    found = objective.evaluate(content.flip(-1))
    kinds = [
        type(each.target) for each in objective._comparisons if isinstance(each, MapComparison)
    ]
    return kinds, found.gradient, found.losses.total


@pytest.mark.parametrize("largest", [1, 1 << 20], ids=["row by row", "at once"])
@pytest.mark.parametrize("count", [1, 2])
def test_the_gradient_in_tiles_is_that_of_the_whole(
    vgg64: Vgg, picture: Picture, monkeypatch: pytest.MonkeyPatch, count: int, largest: int
) -> None:
    monkeypatch.setattr(build_module, "LARGE_MAP", largest)
    content = normalise(picture("china", 80).double()).unsqueeze(0)
    styles = [normalise(picture(name, 48).double()).unsqueeze(0) for name in ("strokes", "mosaic")][
        :count
    ]
    recipe = recipe_for(Settings(size=80), (content.shape[2], content.shape[3]))
    whole = compared(vgg64, recipe, content, styles, ExecutionPlan(CPU, None))
    tiled = compared(vgg64, recipe, content, styles, ExecutionPlan(CPU, 32, 1))
    assert whole[0] == [KeptTarget] * 3
    assert tiled[0] == [LookedUp, LookedUp, KeptTarget]
    assert (tiled[1] - whole[1]).norm() < 1e-10 * whole[1].norm()
    assert tiled[2] == pytest.approx(whole[2], rel=1e-10)


def test_a_style_as_large_as_the_picture_is_not_kept_in_vain(vgg64: Vgg, picture: Picture) -> None:
    """The maps of two styles would take more than what is looked up in them."""
    content, style = (
        normalise(picture(name, 48).double()).unsqueeze(0) for name in ("china", "strokes")
    )
    recipe = recipe_for(Settings(size=48), (content.shape[2], content.shape[3]))
    kinds, *_ = compared(vgg64, recipe, content, [style, style], ExecutionPlan(CPU, 32, 1))
    assert kinds == [KeptTarget] * 3


def test_the_plans_count_what_is_looked_up_in_tiles_alone() -> None:
    recipe, size = recipe_for(Settings(size=3000), (2000, 3000)), (2000, 3000)
    targets, pixels = values_kept(recipe.terms), 6_000_000
    assert looked_up_at(recipe, size, 2 * pixels) == 0.0
    assert looked_up_at(recipe, size, pixels / 4) == 0.75 * (256 / 16 + 512 / 64)
    for plan in candidate_plans((900, 900), CPU):
        kept, looked_up = (
            peak_bytes(plan, size, torch.bfloat16, LbfgsSteps(12, 5), targets, "fastest", saved)
            for saved in (0.0, 10.0)
        )
        assert kept - looked_up == (0 if plan.tile is None else 2 * 10.0 * pixels)


def test_faces_and_the_photographs_own_features_are_kept() -> None:
    size = (2000, 3000)
    recipe = recipe_for(Settings(size=3000), size)
    gentle = recipe_for(Settings(size=3000, strength=20.0), size)
    assert looked_up_at(recipe.keeping(torch.ones(1, 1, 1)), size, 0.0) == 0.0
    assert looked_up_at(gentle, size, 0.0) == 0.0
