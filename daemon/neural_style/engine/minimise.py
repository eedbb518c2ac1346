"""The two minimisers: Adam for the textbook, preconditioned L-BFGS for everything else.

Both are told the loss and gradient at the point they last proposed, and propose the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from neural_style.engine.lbfgs_history import History
from neural_style.engine.preconditioner import PyramidPreconditioner
from neural_style.engine.recipe import AdamSteps, LbfgsSteps
from neural_style.engine.state import State, byte_count, numbers, taken

MOST_FAILURES = 6
"""Rejected steps in a row after which a minimiser gives up and keeps the best point."""

LEAN_HISTORY = 4
"""Pairs of steps and gradient changes that are kept where memory is short, in half precision."""


class Minimiser(Protocol):
    """``point`` is where to evaluate next; ``best`` is the picture to keep if all ended now."""

    point: Tensor
    best: Tensor
    exhausted: bool

    def advance(self, loss: float, gradient: Tensor) -> None:
        """Take in the evaluation at ``point`` and propose another."""

    def slim(self) -> None:
        """Take less memory from now on, at the price of less good steps."""

    def state(self, most_bytes: int) -> State | None:
        """What :meth:`restore` needs, rounded where it is large; None if it would be larger."""

    def restore(self, state: State) -> None:
        """Go on from the state of a minimiser with the same steps and size, before any advance.

        Raises:
            UnfitState: it is none; begin anew with another minimiser.
        """


def minimiser_for(steps: AdamSteps | LbfgsSteps, start: Tensor) -> Minimiser:
    """The minimiser that a recipe asks for, at ``start``: (1, 3, h, w) float32."""
    if isinstance(steps, AdamSteps):
        return AdamMinimiser(steps, start)
    precondition = PyramidPreconditioner(steps.octaves, steps.colour, steps.coarse)
    return LbfgsMinimiser(steps, start, precondition)


class AdamMinimiser:
    """Adam with a step-wise falling rate, as the textbook trains.

    A loss that is not a number takes it back to the last good point with half the rate.
    """

    def __init__(self, steps: AdamSteps, start: Tensor) -> None:
        self._steps = steps
        self._failures = 0
        self._begin(start, steps.rate)

    def _begin(self, start: Tensor, rate: float) -> None:
        self.point = start.clone().requires_grad_(True)
        self.best = start
        self.exhausted = False
        self._optimiser = torch.optim.Adam([self.point], lr=rate)
        self._schedule = torch.optim.lr_scheduler.StepLR(
            self._optimiser, self._steps.decay_every, self._steps.decay
        )
        self._good = start.clone()

    def advance(self, loss: float, gradient: Tensor) -> None:
        """One step of Adam; ``best`` is simply the newest point, as in the textbook."""
        if not (math.isfinite(loss) and bool(gradient.isfinite().all())):
            self._failures += 1
            rate = float(self._schedule.get_last_lr()[0]) / 2
            self._begin(self._good, rate)
            self.exhausted = self._failures >= MOST_FAILURES
            return
        self._good.copy_(self.point.detach())
        self.point.grad = gradient
        self._optimiser.step()
        self._schedule.step()
        self.best = self.point.detach()

    def slim(self) -> None:
        """Nothing: Adam keeps two pictures, and needs both."""

    def state(self, most_bytes: int) -> State | None:
        """The point, its two moments, and where the schedule is."""
        moments = self._optimiser.state[self.point]
        if not moments:
            return None  # not a step yet since the start or the last failure
        rate, steps = self._optimiser.param_groups[0]["lr"], self._schedule.last_epoch
        kept = {
            "point": self.point.detach().cpu(),
            "good": self._good.cpu(),
            "mean": moments["exp_avg"].cpu(),
            "square": moments["exp_avg_sq"].cpu(),
            "adam": numbers(rate, steps, float(moments["step"]), self._failures),
        }
        return kept if byte_count(kept.values()) <= most_bytes else None

    def restore(self, state: State) -> None:
        """Take up the point, the moments and the schedule."""
        like = self.point.detach()
        point, good = taken(state, "point", like), taken(state, "good", like)
        mean, square = taken(state, "mean", like), taken(state, "square", like)
        rate, steps, moved, failures = taken(state, "adam", numbers(0, 0, 0, 0)).tolist()
        self._begin(good, self._steps.rate)
        self.point.data.copy_(point)
        self.best = self.point.detach()
        self._optimiser.state[self.point] = {
            "step": torch.tensor(moved),
            "exp_avg": mean,
            "exp_avg_sq": square,
        }
        self._optimiser.param_groups[0]["lr"] = rate
        self._schedule.load_state_dict({"last_epoch": int(steps), "_last_lr": [rate]})
        self._failures = int(failures)


class LbfgsMinimiser:
    """Limited-memory BFGS (Nocedal 1980) with unit steps and no line search.

    The initial inverse Hessian is γP with a preconditioner P. The usual γ is s·y / y·Py of the
    newest pair, which varies severalfold from step to step, because the network has a kink wherever
    it rectifies and pools; so it is the geometric mean over all pairs. That is too short for
    directions that a full history has not seen, since what it has seen is where the curvature is:
    γ grows with the history to two and a half times the mean. The two loops need P only on the
    gradient, because P·y is the difference of two such products; they run on inner products
    kept from step to step, so an update costs four passes over the history's vectors.

    A step that makes the loss much worse, or not a number, is taken back and shortened.
    """

    FIRST_STEP = 0.03
    """Root mean square of the first step, in normalised values. Longer ones overshoot, which costs
    evaluations even a hundred later."""
    LONGEST_STEP = 0.5
    """No step's root mean square exceeds this."""
    WORSE = 1.25
    """A loss this many times the best one is a failed step."""

    def __init__(
        self, steps: LbfgsSteps, start: Tensor, precondition: Callable[[Tensor], Tensor]
    ) -> None:
        self.point = start.clone()
        self.best = start
        self.exhausted = False
        self._shape = start.shape
        self._precondition = precondition
        self._history = History(steps.history, start.numel(), start)
        self._best_loss = math.inf
        self._failures = 0
        self._previous: tuple[Tensor, Tensor, Tensor | None] | None = None
        self._slim = False

    def advance(self, loss: float, gradient: Tensor) -> None:
        """Propose ``point - H·gradient``, with the curvature that the newest pair shows."""
        finite = math.isfinite(loss) and bool(gradient.isfinite().all())
        if not finite or loss > self.WORSE * self._best_loss:
            self._take_back()
            return
        if loss < self._best_loss:
            self._best_loss = loss
            self.best = self.point
        self._failures = 0
        g = gradient.flatten()
        pg = self._precondition(gradient).flatten()
        if self._previous is not None:
            point, old_g, old_pg = self._previous
            y = g - old_g
            z = self._precondition(y.view(self._shape)).flatten() if old_pg is None else pg - old_pg
            self._history.add(self.point.flatten() - point.flatten(), y, z, g)
        self._previous = (self.point, g, None if self._slim else pg)
        direction = self._history.direction(g, pg)
        if float(direction @ g) >= 0:
            self._history.clear()
            direction = self._history.direction(g, pg)
        self._step(direction)

    def slim(self) -> None:
        """Keep the newest pairs only, in bfloat16, and nothing that can be computed again."""
        self._slim = True
        self._history.slim(LEAN_HISTORY)

    def state(self, most_bytes: int) -> State | None:
        """The points and the gradient in full; of the pairs as many of the newest as fit."""
        if self._previous is None:
            return None
        previous, gradient, _ = self._previous
        kept = {"point": self.point, "previous": previous, "gradient": gradient}
        if self.best is not previous:
            kept["best"] = self.best
        pairs = self._history.state(most_bytes - byte_count(kept.values()))
        if pairs is None:
            return None
        kept["lbfgs"] = numbers(self._best_loss, self._failures)
        return {**{name: tensor.detach().cpu() for name, tensor in kept.items()}, **pairs}

    def restore(self, state: State) -> None:
        """Take up points, gradient and pairs."""
        point, previous = taken(state, "point", self.point), taken(state, "previous", self.point)
        best = taken(state, "best", self.point) if "best" in state else previous
        gradient = taken(state, "gradient", self.point.flatten())
        best_loss, failures = taken(state, "lbfgs", numbers(0, 0)).tolist()
        self._history.restore(state)
        self.point, self.best = point, best
        self._best_loss, self._failures = best_loss, int(failures)
        preconditioned = self._precondition(gradient.view(self._shape)).flatten()
        self._previous = (previous, gradient, None if self._slim else preconditioned)

    def _step(self, direction: Tensor) -> None:
        length = direction.square().mean().sqrt().item()
        # Until a few pairs are known, the curvature is a guess: trust grows with them.
        longest = min(self.LONGEST_STEP, self.FIRST_STEP * 2 ** len(self._history))
        if (not self._history and length > 0) or length > longest:
            direction = direction * (longest / length)
        self.point = self.point + direction.view(self._shape)

    def _take_back(self) -> None:
        self._failures += 1
        self.exhausted = self._previous is None or self._failures >= MOST_FAILURES
        if self._previous is None:
            return
        self.point = torch.lerp(self._previous[0], self.point, 0.25)
