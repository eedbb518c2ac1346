"""In the leanest ways, maps that are only compared with are kept in half of their size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.network.arithmetic import QUESTION
from neural_style.engine.network.vgg import Vgg, load_weights
from neural_style.engine.objective import build as build_module
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.objective.compact import KeptMap, compact
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]
CPU = torch.device("cpu")


def test_only_float32_is_rounded_and_only_if_it_fits() -> None:
    single = torch.linspace(-140.0, 140.0, 999)
    assert compact(single).dtype == torch.float16
    torch.testing.assert_close(compact(single).float(), single, rtol=2**-11, atol=1e-7)
    for other in (single.bfloat16(), single.double(), single.half()):
        assert compact(other) is other
    for most in (70_000.0, -70_000.0):
        too_large = torch.tensor([1.0, most])
        assert compact(too_large) is too_large


def test_a_map_is_kept_in_the_narrowest_type_that_holds_all_its_parts() -> None:
    parts = torch.randn(1, 4, 6, 8) * 100
    kept = KeptMap((6, 8), compact)
    upper, lower = (..., slice(0, 3), slice(None)), (..., slice(3, 6), slice(None))
    kept.put(parts[upper], upper)
    assert kept.whole is not None
    assert kept.whole.dtype == torch.float16
    parts[..., 5, 7] = 70_000.0
    kept.put(parts[lower], lower)
    assert kept.whole.dtype == torch.float32
    torch.testing.assert_close(kept.whole, parts, rtol=2**-11, atol=1e-7)
    assert kept.whole.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("strength", [20.0, 50.0])
def test_targets_made_a_few_rows_at_a_time_are_the_same(
    weights_file: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch, strength: float
) -> None:
    """With a face, which is told for the whole picture."""
    vgg = Vgg(load_weights(weights_file), CPU, torch.float32)
    content, style = (normalise(picture(name, 64)).unsqueeze(0) for name in ("china", "strokes"))
    recipe = recipe_for(Settings(size=64, strength=strength), (content.shape[2], content.shape[3]))
    recipe = recipe.keeping(torch.linspace(0, 1, 12).view(1, 4, 3))
    tiling = ExecutionPlan(CPU, 32, 0, low_memory=True).tiling(recipe.architecture)

    def gradient(largest: int) -> Tensor:
        monkeypatch.setattr(build_module, "LARGE_MAP", largest)
        objective = build_objective(
            vgg, recipe, content, [WeightedStyle(style, 1.0)], tiling=tiling, compactly=True
        )
        return objective.evaluate(torch.lerp(content, content.flip(-1), 0.3)).gradient

    few, all_rows = gradient(1), gradient(1 << 30)
    assert (few - all_rows).norm() < 1e-6 * all_rows.norm()


@pytest.mark.parametrize("strength", [20.0, 50.0])
def test_the_gradient_is_the_same_to_a_thousandth(
    weights_file: Path, picture: Picture, strength: float
) -> None:
    """The history of the leanest ways is rounded eight times as much."""
    vgg = Vgg(load_weights(weights_file), CPU, torch.float32)
    content, style = (normalise(picture(name, 64)).unsqueeze(0) for name in ("china", "strokes"))
    size = content.shape[2], content.shape[3]
    recipe = recipe_for(Settings(size=64, strength=strength), size)
    tiling = ExecutionPlan(CPU, 32, 0, low_memory=True).tiling(recipe.architecture)
    styles = [WeightedStyle(style, 0.6), WeightedStyle(style.flip(-1), 0.4)]
    exact, found = (
        build_objective(vgg, recipe, content, styles, tiling=tiling, compactly=compactly).evaluate(
            torch.lerp(content, content.flip(-1), 0.3)
        )
        for compactly in (False, True)
    )
    assert found.losses.total != exact.losses.total
    assert found.losses.terms == pytest.approx(exact.losses.terms, rel=1e-4)
    assert (found.gradient - exact.gradient).norm() < 1e-3 * exact.gradient.norm()


@pytest.mark.parametrize(
    ("preset", "low_memory", "is_rounded"),
    [("draft", True, True), ("draft", False, False), ("textbook", True, False)],
)
def test_it_is_done_in_the_leanest_ways_and_never_for_the_textbook(
    weights_file: Path,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
    preset: str,
    low_memory: bool,
    is_rounded: bool,
) -> None:
    rounded: list[Tensor] = []

    def noted(features: Tensor) -> Tensor:
        rounded.append(features)
        return compact(features)

    monkeypatch.setattr(build_module, "compact", noted)
    plan = ExecutionPlan(CPU, 32, 0, low_memory)
    monkeypatch.setattr(stylizer_module, "plans_for", lambda *_: [plan])
    stylizer = Stylizer(weights_file, device="cpu", notes={QUESTION: "float32"})
    settings = Settings(preset=preset, size=48, iterations=1)
    task = Task(picture("china", 48), (StyleImage(picture("strokes", 48)),), settings)
    assert stylizer.stylize(task, lambda progress, render: True).steps == 1
    assert bool(rounded) == is_rounded
