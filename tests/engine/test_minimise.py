"""The minimisers on functions whose minimum is known, and their way back from disaster."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.minimise.history import BLOCK_VALUES, CHUNK_VALUES, GAMMA_FACTORS, History
from neural_style.engine.minimise.lbfgs import LOW_MEMORY_HISTORY, LbfgsMinimiser
from neural_style.engine.minimise.minimiser import Minimiser
from neural_style.engine.minimise.minimisers import minimiser_for
from neural_style.engine.minimise.preconditioner import PyramidPreconditioner
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps

MINIMISERS = {
    "adam": AdamSteps(rate=0.05, decay=0.8, decay_every=100),
    "lbfgs": LbfgsSteps(history=8, octaves=3),
}


class Bowl:
    """½ Σ d (x - x*)² with curvatures d over four decades."""

    def __init__(self) -> None:
        random = torch.Generator().manual_seed(5)
        self.minimum = torch.randn(1, 3, 8, 8, generator=random)
        self.curvature = 10 ** torch.empty(1, 3, 8, 8).uniform_(-2, 2, generator=random)

    def __call__(self, x: Tensor) -> tuple[float, Tensor]:
        away = x.detach() - self.minimum
        return 0.5 * (self.curvature * away**2).sum().item(), self.curvature * away


def advance(minimiser: Minimiser, loss: float, gradient: Tensor) -> None:
    """One step, as a run makes it."""
    minimiser.advance(loss, minimiser.measure(gradient).tolist())


def add(history: History, s: Tensor, y: Tensor, z: Tensor, g: Tensor) -> None:
    """Propose a pair, and have it decided."""
    history.accept(history.propose(s, y, z, g).tolist())


def direction(history: History, g: Tensor, pg: Tensor) -> Tensor:
    """The direction; its product with the gradient is what it says."""
    found, slope = history.direction(g, pg, float(g @ pg))
    assert slope == pytest.approx(float(found @ g), rel=1e-3, abs=1e-3)
    return found


def _descend(minimiser: Minimiser, bowl: Bowl, evaluations: int) -> list[float]:
    losses = []
    for _ in range(evaluations):
        loss, gradient = bowl(minimiser.point)
        advance(minimiser, loss, gradient)
        losses.append(loss)
    return losses


@pytest.mark.parametrize("name", MINIMISERS)
def test_it_finds_the_minimum(name: str) -> None:
    bowl = Bowl()
    minimiser = minimiser_for(MINIMISERS[name], torch.zeros_like(bowl.minimum))
    losses = _descend(minimiser, bowl, 400)
    assert bowl(minimiser.best)[0] < 1e-3 * losses[0]


def test_lbfgs_equals_the_textbook_recursion() -> None:
    """Directions from kept inner products equal Nocedal's two loops written out."""
    bowl = Bowl()
    precondition = PyramidPreconditioner(3, 12.0, 0.1)
    minimiser = LbfgsMinimiser(LbfgsSteps(5, 3), torch.zeros_like(bowl.minimum), precondition)
    points, gradients = [], []
    for _ in range(9):
        loss, gradient = bowl(minimiser.point)
        points.append(minimiser.point.clone())
        gradients.append(gradient)
        advance(minimiser, loss, gradient)
    pairs = [(points[i + 1] - points[i], gradients[i + 1] - gradients[i]) for i in range(8)][-5:]
    moved = minimiser.point - points[-1]
    expected = _two_loops(pairs, gradients[-1], precondition)  # the history is full
    torch.testing.assert_close(moved, expected, rtol=1e-3, atol=1e-5)


def _two_loops(
    pairs: list[tuple[Tensor, Tensor]], gradient: Tensor, precondition: Callable[[Tensor], Tensor]
) -> Tensor:
    """Nocedal's recursion with a full history of pairs (s, y)."""
    q, alphas = gradient.clone(), []
    for s, y in reversed(pairs):
        alphas.append((s * q).sum() / (s * y).sum())
        q = q - alphas[-1] * y
    scales = [float((s * y).sum() / (y * precondition(y)).sum()) for s, y in pairs]
    r = precondition(q) * GAMMA_FACTORS[1] * statistics.geometric_mean(scales)
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        r = r + s * (alpha - (y * r).sum() / (s * y).sum())
    return -r


@pytest.mark.parametrize(
    "size",
    [1, BLOCK_VALUES - 1, BLOCK_VALUES, 2 * BLOCK_VALUES + 5, CHUNK_VALUES + BLOCK_VALUES + 3],
)
def test_lbfgs_sums_over_all_of_a_picture(size: int) -> None:
    """Whether or not it is a whole number of the parts that it is summed in."""
    random = torch.Generator().manual_seed(8)
    curvature = 1.0 + torch.rand(size, generator=random)
    history = History(3, size, curvature)
    pairs = []
    g = torch.randn(size, generator=random)
    for _ in range(5):
        s = torch.randn(size, generator=random)
        g = g + curvature * s
        pairs.append((s.double(), (curvature * s).double()))
        add(history, s, curvature * s, curvature * s, g)
    expected = _two_loops(pairs[-3:], g.double(), lambda y: y)
    found = direction(history, g, g).double()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_a_pair_whose_digits_are_lost_is_not_taken() -> None:
    """P·y is a difference of two products, of which little is left after a tiny step."""
    history = History(3, 2, torch.zeros(2))
    s, y, g = torch.tensor([1.0, 0.0]), torch.tensor([2.0, 0.0]), torch.tensor([0.5, 1.0])
    add(history, s, y, -y, g)
    assert torch.equal(direction(history, g, g), -g)
    add(history, s, y, y, g)
    assert len(history) == 1
    assert direction(history, g, g).isfinite().all()


@pytest.mark.parametrize("name", MINIMISERS)
@pytest.mark.parametrize("disaster", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_rolled_back(name: str, disaster: float) -> None:
    bowl = Bowl()
    minimiser = minimiser_for(MINIMISERS[name], torch.zeros_like(bowl.minimum))
    _descend(minimiser, bowl, 10)
    good, _ = bowl(minimiser.best)
    advance(minimiser, disaster, torch.full_like(bowl.minimum, math.nan))
    assert bool(minimiser.point.isfinite().all())
    assert bowl(minimiser.best)[0] <= good * 1.5
    _descend(minimiser, bowl, 30)
    assert bowl(minimiser.best)[0] < good


@pytest.mark.parametrize("name", MINIMISERS)
def test_endless_disaster_ends_with_the_last_good_point(name: str) -> None:
    bowl = Bowl()
    minimiser = minimiser_for(MINIMISERS[name], torch.zeros_like(bowl.minimum))
    _descend(minimiser, bowl, 3)
    for _ in range(20):
        if minimiser.exhausted:
            break
        advance(minimiser, math.nan, torch.full_like(bowl.minimum, math.nan))
    assert minimiser.exhausted
    assert bool(minimiser.best.isfinite().all())


def test_lbfgs_keeps_its_best_point_through_divergence() -> None:
    bowl = Bowl()
    minimiser = minimiser_for(MINIMISERS["lbfgs"], torch.zeros_like(bowl.minimum))
    _descend(minimiser, bowl, 10)
    best = minimiser.best.clone()
    advance(minimiser, 1e9, torch.ones_like(best))
    assert torch.equal(minimiser.best, best)


@pytest.mark.parametrize(
    ("colour", "single_pixels"),
    [((1.0, 1.0, 1.0), PyramidPreconditioner.FINEST), ((1.0, -1.0, 0.0), 12.0)],
)
def test_pyramid_preconditioner_is_the_sum_over_octaves(
    colour: tuple[float, float, float], single_pixels: float
) -> None:
    size = (12, 20)
    expected = single_pixels * torch.eye(12 * 20)
    for sizes in ([size], [(6, 10), size]):
        height, width = sizes[0][0] // 2, sizes[0][1] // 2
        enlarged = torch.eye(height * width).view(-1, 1, height, width)
        for finer in sizes:
            enlarged = F.interpolate(enlarged, size=finer, mode="bilinear")
        expected = expected + 0.25 * enlarged.flatten(1).T @ enlarged.flatten(1)
    direction = torch.tensor(colour).view(1, 3, 1, 1)
    points = torch.eye(12 * 20).view(-1, 1, *size) * direction
    found = PyramidPreconditioner(3, 12.0, 0.25)(points)
    torch.testing.assert_close(found[:, 0].flatten(1), expected, rtol=1e-4, atol=1e-5)


def test_pyramid_preconditioner_is_symmetric_and_positive() -> None:
    random = torch.Generator().manual_seed(6)
    a, b = (torch.randn(1, 3, 13, 21, generator=random, dtype=torch.float64) for _ in range(2))
    precondition = PyramidPreconditioner(4, 12.0, 0.1)
    torch.testing.assert_close((a * precondition(b)).sum(), (b * precondition(a)).sum())
    assert (a * precondition(a)).sum() > 0


def test_steps_grow_no_faster_than_what_is_known() -> None:
    bowl = Bowl()
    far = bowl.minimum + 100.0 * torch.ones_like(bowl.minimum)
    minimiser = LbfgsMinimiser(LbfgsSteps(8, 3), far, lambda gradient: gradient)
    lengths = []
    for _ in range(6):
        before = minimiser.point
        advance(minimiser, *bowl(before))
        lengths.append((minimiser.point - before).square().mean().sqrt().item())
    assert lengths == pytest.approx([0.03, 0.06, 0.12, 0.24, 0.48, 0.5], rel=1e-4)


def test_where_evaluations_are_few_the_first_step_is_long() -> None:
    bowl = Bowl()
    far = bowl.minimum + 100.0 * torch.ones_like(bowl.minimum)
    lengths = []
    for evaluations in (3, 8, 9):
        minimiser = LbfgsMinimiser(LbfgsSteps(8, 3), far, lambda gradient: gradient, evaluations)
        advance(minimiser, *bowl(minimiser.point))
        lengths.append((minimiser.point - far).square().mean().sqrt().item())
    assert lengths == pytest.approx([0.1, 0.1, 0.03], rel=1e-4)


@pytest.mark.parametrize("steps_before", [0, 3, 12])
def test_a_slimmed_history_still_finds_the_minimum(steps_before: int) -> None:
    bowl = Bowl()
    minimiser = minimiser_for(MINIMISERS["lbfgs"], torch.zeros_like(bowl.minimum))
    losses = _descend(minimiser, bowl, steps_before)
    minimiser.reduce_memory()
    minimiser.reduce_memory()
    losses += _descend(minimiser, bowl, 400)
    assert bowl(minimiser.best)[0] < 1e-3 * losses[0]


def test_slimming_changes_the_next_step_by_rounding_alone() -> None:
    bowl = Bowl()
    usual, reduced = (
        minimiser_for(LbfgsSteps(LOW_MEMORY_HISTORY, octaves=3), torch.zeros_like(bowl.minimum))
        for _ in range(2)
    )
    _descend(usual, bowl, 8)
    _descend(reduced, bowl, 8)
    reduced.reduce_memory()
    before = usual.point.clone()
    for minimiser in (usual, reduced):
        advance(minimiser, *bowl(minimiser.point))
    torch.testing.assert_close(reduced.point - before, usual.point - before, rtol=0.1, atol=2e-2)
    assert not torch.equal(reduced.point, usual.point)
