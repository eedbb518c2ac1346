"""Cards without bfloat16 paint every kind of picture in float16."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from gpu import painted as painted_module
from gpu.painted import Picture, painted, task_of
from neural_style.engine import Checkpoint, Progress, Render, StyleImage, Stylizer
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective import loss_scale as loss_scale_module
from neural_style.engine.objective.loss_scale import LossScale
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style_protocol.settings import Settings
from pretended_gpu.card import Card
from pretended_gpu.machine import pretended

SIDE = 32


@pytest.fixture
def card() -> Iterator[Card]:
    """A Turing card."""
    with pretended(Card(capability=(7, 5))) as (only,):
        yield only


@pytest.fixture(autouse=True)
def dtypes(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[torch.dtype]]:
    """Those of the networks that were loaded onto the card."""
    found: set[torch.dtype] = set()
    make = Vgg.__init__

    def made(vgg: Vgg, tensors: object, device: torch.device, dtype: torch.dtype) -> None:
        found.add(dtype)
        make(vgg, tensors, device, dtype)  # type: ignore[arg-type]

    monkeypatch.setattr(Vgg, "__init__", made)
    yield found
    assert found == {torch.float16}


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most processors are slow in float16."""
    monkeypatch.setattr(painted_module, "SIDE", SIDE)


def test_a_preset(stylizer: Stylizer, picture: Picture) -> None:
    painted(stylizer, task_of(picture, preset="standard"))


def test_a_seamless_picture_from_noise(stylizer: Stylizer, picture: Picture) -> None:
    painted(stylizer, task_of(picture, tileable=True, initial="noise"))


def test_several_styles_and_a_mask(stylizer: Stylizer, picture: Picture) -> None:
    task = task_of(picture)
    styles = (*task.styles, StyleImage(picture("mosaic", SIDE), 2.0))
    mask = torch.linspace(0, 1, task.content.shape[2]).expand(1, *task.content.shape[1:])
    painted(stylizer, replace(task, styles=styles, mask=mask))


@pytest.mark.parametrize("plan", [(16, 2, False), (16, 0, True)], ids=["tiles", "lean"])
def test_tiles(
    stylizer: Stylizer,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
    plan: tuple[int, int, bool],
) -> None:
    monkeypatch.setattr(
        stylizer_module, "plans_for", lambda size, device, *_: [ExecutionPlan(device, *plan)]
    )
    painted(stylizer, task_of(picture))


def test_it_goes_on_after_an_interruption(stylizer: Stylizer, picture: Picture) -> None:
    task = task_of(picture, iterations=4)
    losses = painted(stylizer, task)
    kept: list[Checkpoint] = []

    def interrupt(progress: Progress, render: Render) -> bool:
        state = render.state(1 << 30)
        assert state is not None
        copied = {name: tensor.clone() for name, tensor in state.items()}
        kept.append(Checkpoint(render(), 0, progress.evaluation, progress.step, copied))
        return progress.step < 2

    stylizer.stylize(task, interrupt)
    resumed = painted(stylizer, replace(task, checkpoint=kept[-1]))
    assert resumed == pytest.approx(losses[2:], rel=0.01)


def test_the_processor_waits_once_a_step(
    stylizer: Stylizer, card: Card, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once more where a gradient was too large."""

    def waits() -> list[int]:
        counts: list[int] = []

        def observe(progress: Progress, render: Render) -> bool:
            counts.append(sum(card.noted("sync").values()))
            return True

        stylizer.stylize(task_of(picture, iterations=3), observe)
        return [after - before for before, after in pairwise(counts)]

    assert waits() == [1, 1]
    usual = loss_scale_module.FACTOR_PER_PIXEL
    monkeypatch.setattr(loss_scale_module, "FACTOR_PER_PIXEL", usual * 2.0**10)

    def raise_at_once(scale: LossScale) -> None:
        scale._share = 1.0

    monkeypatch.setattr(LossScale, "raise_again", raise_at_once)
    assert waits() == [2, 2]


def test_estimates_count_two_bytes_a_value(stylizer: Stylizer, weights_file: Path) -> None:
    def needed(device: str, capability: tuple[int, int]) -> int:
        with pretended(Card(capability=capability)):
            engine = Stylizer(weights_file, device=device)
            settings = Settings(preset="draft", size=512)
            calibration = stylizer_module.Calibration(1.0, 1.0)
            return engine.estimate(settings, (512, 512), calibration).peak_bytes

    assert needed("cuda", (7, 5)) == needed("cuda", (9, 0)) < needed("cuda", (6, 1))
    stylizer.warm_up()
