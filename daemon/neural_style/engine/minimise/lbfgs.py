"""Preconditioned L-BFGS, for all presets but the textbook."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from neural_style.engine.minimise.history import History
from neural_style.engine.minimise.minimiser import MOST_FAILURES
from neural_style.engine.minimise.state import State, byte_count, float64_tensor, read_tensor
from neural_style.engine.minimise.steps import LbfgsSteps

LOW_MEMORY_HISTORY = 4
"""Pairs of steps and gradient changes, in half precision, that are kept in low memory."""


class LbfgsMinimiser:
    """Limited-memory BFGS (Nocedal 1980) with unit steps and no line search.

    The initial inverse Hessian is γP with a preconditioner P. The usual γ is s·y / y·Py of the
    newest pair. It varies severalfold from step to step, because ReLU and pooling are not smooth,
    so the geometric mean over all pairs is used instead. That is too small for directions outside
    the history, because the history covers those with large curvature; so γ grows with the history
    to two and a half times the mean. The two loops apply P only to the gradient, because P·y is the
    difference of two such products. They use inner products that are kept from step to step, so an
    update costs four passes over the history's vectors.

    A step to a loss that is much worse or not finite is undone and shortened.
    """

    FIRST_STEP = 0.03
    """Root mean square of the first step, in normalised values. Longer first steps overshoot, which
    still costs evaluations a hundred steps later."""
    LONGEST_STEP = 0.5
    """The largest root mean square of a step."""
    WORSE = 1.25
    """A step fails if the loss exceeds the best one by this factor."""

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
        self._low_memory = False

    def advance(self, loss: float, gradient: Tensor) -> None:
        """Add the newest pair to the history, and propose ``point - H·gradient``."""
        finite = math.isfinite(loss) and bool(gradient.isfinite().all())
        if not finite or loss > self.WORSE * self._best_loss:
            self._undo_step()
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
        self._previous = (self.point, g, None if self._low_memory else pg)
        direction = self._history.direction(g, pg)
        if float(direction @ g) >= 0:
            self._history.clear()
            direction = self._history.direction(g, pg)
        self._step(direction)

    def reduce_memory(self) -> None:
        """Keep the newest pairs only, in bfloat16, and nothing that can be recomputed."""
        self._low_memory = True
        self._history.reduce_memory(LOW_MEMORY_HISTORY)

    def state(self, most_bytes: int) -> State | None:
        """The points and the gradient in full, and as many of the newest pairs as fit."""
        if self._previous is None:
            return None
        previous, gradient, _ = self._previous
        kept = {"point": self.point, "previous": previous, "gradient": gradient}
        if self.best is not previous:
            kept["best"] = self.best
        pairs = self._history.state(most_bytes - byte_count(kept.values()))
        if pairs is None:
            return None
        kept["lbfgs"] = float64_tensor(self._best_loss, self._failures)
        return {**{name: tensor.detach().cpu() for name, tensor in kept.items()}, **pairs}

    def restore(self, state: State) -> None:
        """Restore points, gradient and pairs."""
        point, previous = (
            read_tensor(state, "point", self.point),
            read_tensor(state, "previous", self.point),
        )
        best = read_tensor(state, "best", self.point) if "best" in state else previous
        gradient = read_tensor(state, "gradient", self.point.flatten())
        best_loss, failures = read_tensor(state, "lbfgs", float64_tensor(0, 0)).tolist()
        self._history.restore(state)
        self.point, self.best = point, best
        self._best_loss, self._failures = best_loss, int(failures)
        preconditioned = self._precondition(gradient.view(self._shape)).flatten()
        self._previous = (previous, gradient, None if self._low_memory else preconditioned)

    def _step(self, direction: Tensor) -> None:
        length = direction.square().mean().sqrt().item()
        # With few pairs the curvature is uncertain, so the limit grows with their number.
        longest = min(self.LONGEST_STEP, self.FIRST_STEP * 2 ** len(self._history))
        if (not self._history and length > 0) or length > longest:
            direction = direction * (longest / length)
        self.point = self.point + direction.view(self._shape)

    def _undo_step(self) -> None:
        self._failures += 1
        self.exhausted = self._previous is None or self._failures >= MOST_FAILURES
        if self._previous is None:
            return
        self.point = torch.lerp(self._previous[0], self.point, 0.25)
