"""Every kind of picture is painted on a card, of either kind, to its end."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from gpu.painted import SIDE, Picture, painted, task_of
from neural_style.engine import Checkpoint, Progress, Render, StyleImage, Stylizer
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.plan.execution_plan import ExecutionPlan
from pretended_gpu.card import Card


@pytest.mark.parametrize("preset", ["draft", "standard", "high", "textbook"])
def test_every_preset(stylizer: Stylizer, picture: Picture, preset: str) -> None:
    painted(stylizer, task_of(picture, preset=preset))


@pytest.mark.parametrize(
    "settings",
    [
        {"tileable": True},
        {"tileable": True, "preset": "textbook"},
        {"preserve_colour": "luminance"},
        {"preserve_colour": "histogram"},
        {"initial": "noise"},
        {"strength": 100.0},
        {"style_scale": 50.0},
    ],
    ids=lambda settings: ", ".join(settings),
)
def test_every_setting_that_computes_otherwise(
    stylizer: Stylizer, picture: Picture, settings: dict[str, object]
) -> None:
    painted(stylizer, task_of(picture, **settings))


def test_several_styles_a_mask_and_an_initial_picture(stylizer: Stylizer, picture: Picture) -> None:
    task = task_of(picture)
    styles = (*task.styles, StyleImage(picture("mosaic", SIDE), 2.0))
    mask = torch.linspace(0, 1, task.content.shape[2]).expand(1, *task.content.shape[1:])
    painted(stylizer, replace(task, styles=styles, mask=mask, initial=task.content.flip(-1)))


@pytest.mark.parametrize("tileable", [False, True])
@pytest.mark.parametrize("low_memory", [False, True])
def test_tiles(
    stylizer: Stylizer,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
    tileable: bool,
    low_memory: bool,
) -> None:
    def tiles(size: tuple[int, int], device: torch.device, *_: object) -> list[ExecutionPlan]:
        return [ExecutionPlan(device, 32, 0 if low_memory else 2, low_memory)]

    monkeypatch.setattr(stylizer_module, "plans_for", tiles)
    painted(stylizer, task_of(picture, tileable=tileable))


@pytest.mark.parametrize("preset", ["draft", "textbook"])
def test_it_goes_on_after_an_interruption(
    stylizer: Stylizer, picture: Picture, preset: str
) -> None:
    task = task_of(picture, preset=preset, iterations=5)
    losses = painted(stylizer, task)
    kept: list[Checkpoint] = []

    def interrupt(progress: Progress, render: Render) -> bool:
        state = render.state(1 << 30)
        assert state is not None
        assert {tensor.device.type for tensor in state.values()} == {"cpu"}
        copied = {name: tensor.clone() for name, tensor in state.items()}
        kept.append(Checkpoint(render(), 0, progress.evaluation, progress.step, copied))
        return progress.step < 3

    stylizer.stylize(task, interrupt)
    resumed = painted(stylizer, replace(task, checkpoint=kept[-1]))
    # A bfloat16 network magnifies the rounding of what is kept.
    assert resumed == pytest.approx(losses[3:], rel=0.02)


def test_the_processor_waits_for_the_card_once_a_step(
    stylizer: Stylizer, card: Card, picture: Picture
) -> None:
    waits: list[int] = []

    def observe(progress: Progress, render: Render) -> bool:
        waits.append(sum(card.noted("sync").values()))
        return True

    task = task_of(picture, iterations=9)
    mask = torch.linspace(0, 1, task.content.shape[2]).expand(1, *task.content.shape[1:])
    stylizer.stylize(replace(task, mask=mask), observe)
    assert [after - before for before, after in pairwise(waits)] == [1] * 8


def test_it_waits_once_a_step_in_tiles_too(
    stylizer: Stylizer, card: Card, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tiles(size: tuple[int, int], device: torch.device, *_: object) -> list[ExecutionPlan]:
        return [ExecutionPlan(device, 32, 1)]

    monkeypatch.setattr(stylizer_module, "plans_for", tiles)
    waits: list[int] = []

    def observe(progress: Progress, render: Render) -> bool:
        waits.append(sum(card.noted("sync").values()))
        return True

    stylizer.stylize(task_of(picture, tileable=True), observe)
    assert [after - before for before, after in pairwise(waits)] == [1, 1]


@pytest.mark.parametrize("tileable", [False, True])
def test_nothing_is_added_in_any_order_and_no_map_changes_its_layout(
    stylizer: Stylizer, card: Card, picture: Picture, tileable: bool
) -> None:
    """So the same seed gives the same picture, and convolutions need not turn maps round."""
    stylizer.stylize(task_of(picture, tileable=tileable), lambda progress, render: True)
    assert card.noted("atomics") == {}
    assert card.noted("transposed") == {}
