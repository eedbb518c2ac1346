"""Where the card's memory runs out, the picture is painted all the same."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine import Checkpoint, Outcome, Progress, Render, StyleImage, Stylizer, Task
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.minimise.lbfgs import LbfgsMinimiser
from neural_style.engine.objective.fitted import FittedObjective
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.plan.execution_plan import ExecutionPlan, candidate_plans, peak_bytes
from neural_style.engine.plan.planner import minimiser_at
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.base import values_kept
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.settings import Settings
from pretended_gpu.card import Card

Picture = Callable[..., Tensor]

SIDE, STEPS = 48, 4
CPU = torch.device("cpu")
OUT = RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def task_of(picture: Picture, **settings: object) -> Task:
    chosen = Settings.from_dict({"preset": "draft", "size": SIDE, "iterations": STEPS, **settings})
    return Task(picture("china", SIDE), (StyleImage(picture("strokes", SIDE)),), chosen)


class Painted:
    """One run, and what it said."""

    def __init__(self, stylizer: Stylizer, task: Task, **options: int) -> None:
        self.notices: list[Phrase] = []
        self.losses: list[float] = []
        self.outcome: Outcome = stylizer.stylize(
            task, self._observe, on_notice=self.notices.append, **options
        )

    def _observe(self, progress: Progress, render: Render) -> bool:
        self.losses.append(progress.losses.total)
        assert render().device == CPU
        return True


def three_plans(size: tuple[int, int], device: torch.device, *_: object) -> list[ExecutionPlan]:
    on_card = [ExecutionPlan(device, None), ExecutionPlan(device, 32, 0, low_memory=True)]
    return [*on_card, ExecutionPlan(CPU, None)]


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylizer_module, "plans_for", three_plans)


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch, card: Card) -> Callable[..., None]:
    """Makes a method run out of memory on the card, at some calls there."""

    def fail(owner: type, name: str, *calls: int) -> None:
        real, made = getattr(owner, name), 0

        def method(self: object, *args: object) -> object:
            nonlocal made
            if any(isinstance(arg, Tensor) and arg.device == card.device for arg in args):
                made += 1
                if made in calls:
                    raise OUT
            return real(self, *args)

        monkeypatch.setattr(owner, name, method)

    return fail


PLACES = [
    (Canvas, "painted"),
    (Canvas, "gradient"),
    (FittedObjective, "evaluate"),
    (LbfgsMinimiser, "measure"),
    (LbfgsMinimiser, "_step"),
]


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join((place[0].__name__, place[1])))
@pytest.mark.parametrize("calls", [(2,), (2, 3)], ids=["once", "twice"])
def test_wherever_it_runs_out_the_whole_run_steps_down(
    stylizer: Stylizer,
    card: Card,
    picture: Picture,
    fails: Callable[..., None],
    place: tuple[type, str],
    calls: tuple[int, ...],
) -> None:
    undisturbed = Painted(stylizer, task_of(picture))
    assert undisturbed.notices == []
    fails(*place, *calls)
    found = Painted(stylizer, task_of(picture))
    assert (found.outcome.ending, found.outcome.steps) == ("finished", STEPS)
    assert len(found.notices) == len(calls)
    assert ("on the processor" in str(found.notices[-1])) == (len(calls) == 2)
    assert found.losses[-1] < found.losses[0]
    assert found.losses[-1] == pytest.approx(undisturbed.losses[-1], rel=0.2)


@pytest.mark.usefixtures("plans")
def test_adam_moves_too(stylizer: Stylizer, picture: Picture, fails: Callable[..., None]) -> None:
    task = task_of(picture, preset="textbook")
    undisturbed = Painted(stylizer, task)
    fails(FittedObjective, "evaluate", 3, 4)
    found = Painted(stylizer, task)
    assert "on the processor" in str(found.notices[-1])
    assert found.losses == pytest.approx(undisturbed.losses, rel=1e-3)


@pytest.mark.usefixtures("plans")
def test_a_preview_that_does_not_fit_is_drawn_on_the_processor(
    stylizer: Stylizer, picture: Picture, fails: Callable[..., None]
) -> None:
    undisturbed = Painted(stylizer, task_of(picture))
    fails(Canvas, "seen", 2)
    found = Painted(stylizer, task_of(picture))
    assert found.notices == []
    assert torch.equal(found.outcome.image, undisturbed.outcome.image)


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("room", [0, 1 << 18, 1 << 20])
def test_a_card_that_fills_up_between_two_pictures(
    stylizer: Stylizer, card: Card, picture: Picture, room: int
) -> None:
    """Whatever allocation fails first, and whichever plan is the first that fits."""
    Painted(stylizer, task_of(picture))
    card.others_bytes = card.total_bytes - card.live_bytes - room
    found = Painted(stylizer, task_of(picture))
    assert (found.outcome.ending, found.outcome.steps) == ("finished", STEPS)
    assert "on the processor" in str(found.notices[-1])


def test_with_the_processors_plan_nothing_is_put_on_the_card(
    stylizer: Stylizer, card: Card, picture: Picture
) -> None:
    """Also not the weights."""
    card.others_bytes = card.total_bytes - (2 << 20)
    card.peak_bytes = 0
    mask = torch.ones(1, *picture("china", SIDE).shape[1:])
    found = Painted(stylizer, replace(task_of(picture), mask=mask))
    assert (found.outcome.ending, found.outcome.steps) == ("finished", STEPS)
    assert card.peak_bytes == 0
    (notice,) = found.notices
    assert "too little free memory" in str(notice)


def test_after_two_deaths_it_is_the_processors_turn(
    stylizer: Stylizer, card: Card, picture: Picture
) -> None:
    """Of whole processes: the third may not die."""
    card.peak_bytes = card.live_bytes
    found = Painted(stylizer, task_of(picture), caution=2)
    assert found.outcome.ending == "finished"
    assert card.peak_bytes == card.live_bytes
    assert "failed twice" in str(found.notices[0])


def test_the_plans_after_the_card_are_those_that_the_processor_has_memory_for(
    stylizer: Stylizer,
) -> None:
    recipe = recipe_for(Settings(size=3000), (2000, 3000))
    leaner = list(candidate_plans(recipe.size, CPU))[-2]
    needed = peak_bytes(
        leaner,
        recipe.size,
        torch.float32,
        minimiser_at(recipe, recipe.size),
        values_kept(recipe.terms),
    )
    free = {"cuda": 8 << 30, "mps": 8 << 30, "cpu": needed * 10 // 8 + 1}
    plans = stylizer._plans(recipe, recipe.size, lambda device: free[device.type])
    on_processor = [plan for plan in plans if plan.device == CPU]
    assert plans[0].device != CPU
    assert on_processor == list(candidate_plans(recipe.size, CPU))[-2:]


@pytest.mark.usefixtures("plans")
def test_after_a_picture_its_memory_is_free(
    stylizer: Stylizer, card: Card, picture: Picture
) -> None:
    """At once, not when Python next looks for circles. The network and the styles' targets stay."""
    stylizer.warm_up()
    network = card.live_bytes
    gc.disable()
    try:
        Painted(stylizer, task_of(picture))
    finally:
        gc.enable()
    assert card.live_bytes < network + (4 << 20)
    at_rest = card.live_bytes
    Painted(stylizer, task_of(picture))
    assert card.live_bytes == at_rest
    assert card.noted("empty_cache")


@pytest.mark.usefixtures("plans")
def test_a_checkpoint_of_the_card_is_taken_up_on_the_processor(
    stylizer: Stylizer, card: Card, picture: Picture
) -> None:
    kept: list[Checkpoint] = []

    def interrupt(progress: Progress, render: Render) -> bool:
        state = {name: tensor.clone() for name, tensor in (render.state(1 << 30) or {}).items()}
        kept.append(Checkpoint(render(), 0, progress.evaluation, progress.step, state))
        return progress.step < 2

    stylizer.stylize(task_of(picture), interrupt)
    found = Painted(stylizer, replace(task_of(picture), checkpoint=kept[-1]), caution=2)
    assert (found.outcome.ending, found.outcome.steps) == ("finished", STEPS)
    assert len(found.losses) == STEPS - 2
