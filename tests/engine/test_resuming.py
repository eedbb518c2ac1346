"""A run that was interrupted goes on as if it had not been."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from neural_style.engine import (
    Checkpoint,
    Outcome,
    Progress,
    Render,
    State,
    StyleImage,
    Stylizer,
    Task,
)
from neural_style.engine.minimise.minimiser import Minimiser
from neural_style.engine.minimise.minimisers import minimiser_for
from neural_style.engine.minimise.state import StateMismatch, byte_count
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style_protocol.settings import Settings

MINIMISERS = {
    "adam": AdamSteps(rate=0.05, decay=0.8, decay_every=9),
    "lbfgs": LbfgsSteps(history=5, octaves=3),
}
SHAPE = (1, 3, 8, 8)
PICTURE_BYTES = 4 * 3 * 8 * 8
PLENTY = 1 << 30


def bowl(x: Tensor) -> tuple[float, Tensor]:
    """½ Σ d (x - x*)² with curvatures d over four decades."""
    random = torch.Generator().manual_seed(5)
    away = x.detach() - torch.randn(SHAPE, generator=random)
    curvature = 10 ** torch.empty(SHAPE).uniform_(-2, 2, generator=random)
    return 0.5 * (curvature * away**2).sum().item(), curvature * away


def advance(minimiser: Minimiser, loss: float, gradient: Tensor) -> None:
    """One step, as a run makes it."""
    minimiser.advance(loss, minimiser.measure(gradient).tolist())


def points(minimiser: Minimiser, evaluations: int) -> Iterator[Tensor]:
    """Each iterate that is evaluated."""
    for _ in range(evaluations):
        yield minimiser.point.detach().clone()
        advance(minimiser, *bowl(minimiser.point))


def fresh(name: str) -> Minimiser:
    return minimiser_for(MINIMISERS[name], torch.zeros(SHAPE))


def copied(state: State | None) -> State:
    assert state is not None
    return {name: tensor.clone() for name, tensor in state.items()}


@pytest.mark.parametrize("name", MINIMISERS)
@pytest.mark.parametrize("before", [1, 2, 4, 13])
def test_a_minimiser_goes_on_with_the_same_iterates(name: str, before: int) -> None:
    interrupted, resumed = fresh(name), fresh(name)
    list(points(interrupted, before))
    resumed.restore(copied(interrupted.state(PLENTY)))
    assert torch.equal(resumed.best, interrupted.best)
    for there, here in zip(points(interrupted, 12), points(resumed, 12), strict=True):
        torch.testing.assert_close(here, there, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MINIMISERS)
def test_one_that_had_to_take_a_step_back_goes_on_too(name: str) -> None:
    interrupted, resumed = fresh(name), fresh(name)
    list(points(interrupted, 6))
    advance(interrupted, float("nan"), torch.full(SHAPE, float("nan")))
    list(points(interrupted, 1))
    resumed.restore(copied(interrupted.state(PLENTY)))
    for there, here in zip(points(interrupted, 8), points(resumed, 8), strict=True):
        torch.testing.assert_close(here, there, rtol=1e-4, atol=1e-5)


def test_before_the_first_step_there_is_nothing_to_keep() -> None:
    assert {name: fresh(name).state(PLENTY) for name in MINIMISERS} == {
        "adam": None,
        "lbfgs": None,
    }


@pytest.mark.parametrize(
    ("pictures", "pairs", "dtype"),
    [
        (13, 5, torch.float32),
        (12, 5, torch.bfloat16),
        (8, 5, torch.bfloat16),
        (6, 3, torch.bfloat16),
        (4, 1, torch.bfloat16),
        (3, 0, None),
    ],
)
def test_where_room_is_short_pairs_are_rounded_then_left_out(
    pictures: int, pairs: int, dtype: torch.dtype | None
) -> None:
    minimiser = fresh("lbfgs")
    list(points(minimiser, 12))
    assert "best" not in copied(minimiser.state(PLENTY))  # it is the previous point: 3 pictures
    state = minimiser.state(pictures * PICTURE_BYTES)
    if dtype is None:
        assert state is None
        return
    assert state is not None
    rows = {name: tensor for name, tensor in state.items() if name[0] in "sz" and name != "sy"}
    assert {name: tensor.dtype for name, tensor in rows.items()} == {
        f"{letter}{place}": dtype for letter in "sz" for place in range(pairs)
    }
    small = sum(byte_count([tensor]) for tensor in state.values() if tensor.dtype == torch.float64)
    assert byte_count(state.values()) - small <= pictures * PICTURE_BYTES


def test_a_rounded_state_still_leads_to_the_minimum() -> None:
    interrupted, resumed = fresh("lbfgs"), fresh("lbfgs")
    losses = [bowl(point)[0] for point in points(interrupted, 12)]
    resumed.restore(copied(interrupted.state(6 * PICTURE_BYTES)))
    list(points(resumed, 200))
    assert bowl(resumed.best)[0] < 1e-3 * losses[0]


def test_a_state_that_does_not_fit_is_refused() -> None:
    minimiser = fresh("lbfgs")
    list(points(minimiser, 12))
    state = copied(minimiser.state(PLENTY))
    unfit = [
        {},
        {name: tensor for name, tensor in state.items() if name != "gradient"},
        {name: tensor for name, tensor in state.items() if name != "s3"},
        {**state, "point": torch.zeros(1, 3, 4, 4)},
        {**state, "yz": torch.zeros(2, 2)},
    ]
    for other in unfit:
        with pytest.raises(StateMismatch):
            fresh("lbfgs").restore(other)
        with pytest.raises(StateMismatch):
            fresh("adam").restore(other)
    with pytest.raises(StateMismatch):
        minimiser_for(LbfgsSteps(history=3, octaves=3), torch.zeros(SHAPE)).restore(state)


class Interrupted:
    """Keeps a checkpoint after so many evaluations, as the worker does."""

    def __init__(self, step: int, most_bytes: int = PLENTY) -> None:
        self._step = step
        self._most = most_bytes
        self.checkpoint: Checkpoint | None = None
        self.losses: list[float] = []

    def observe(self, progress: Progress, render: Render) -> bool:
        self.losses.append(progress.losses.total)
        if progress.step == self._step:
            state = render.state(self._most)
            self.checkpoint = Checkpoint(
                image=render(),
                scale=progress.scale,
                evaluation=progress.evaluation,
                step=progress.step,
                state=None if state is None else copied(state),
            )
        return progress.step != self._step


Make = Callable[..., tuple[Outcome, list[float]]]


@pytest.fixture(scope="module")
def make(stylizer: Stylizer, picture: Callable[..., Tensor]) -> Make:
    """Makes a picture of two scales, interrupted after some step and taken up again."""

    def make(
        stop_at: int | None, most_bytes: int = PLENTY, **settings: float | str
    ) -> tuple[Outcome, list[float]]:
        torch.set_num_threads(1)
        task = Task(
            picture("china", 160),
            (StyleImage(picture("strokes", 160)),),
            Settings.from_dict({"iterations": 8, **settings}),
        )
        losses: list[float] = []

        def go_on(progress: Progress, render: Render) -> bool:
            losses.append(progress.losses.total)
            return True

        if stop_at is None:
            return stylizer.stylize(task, go_on), losses
        first = Interrupted(stop_at, most_bytes)
        stylizer.stylize(task, first.observe)
        resumed = Task(task.content, task.styles, task.settings, checkpoint=first.checkpoint)
        outcome = stylizer.stylize(resumed, go_on)
        return outcome, first.losses + losses

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{}, {"preserve_colour": "luminance"}, {"preset": "textbook", "size": 64}],
    ids=["usual", "luminance", "textbook"],
)
def test_an_interrupted_picture_equals_the_uninterrupted_one(
    make: Make, settings: dict[str, float | str]
) -> None:
    whole, losses = make(None, **settings)
    for step in {1, 5, len(losses) // 2, len(losses) - 1, len(losses)}:
        resumed, resumed_losses = make(step, **settings)
        assert (resumed.steps, resumed.ending) == (whole.steps, whole.ending)
        assert len(resumed_losses) == len(losses), step
        assert resumed_losses == pytest.approx(losses, rel=1e-3)
        assert (resumed.image - whole.image).abs().max() < 2 / 255


@pytest.mark.slow
def test_without_a_state_the_picture_alone_is_taken_up(make: Make) -> None:
    whole, losses = make(None)
    resumed, resumed_losses = make(5, most_bytes=0)
    assert resumed.steps == whole.steps
    assert resumed_losses[5:] != pytest.approx(losses[5:], rel=1e-6)
    assert resumed_losses[-1] < losses[0]
