"""Preconditioned L-BFGS, for all presets but the textbook."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from neural_style.engine.minimise.history import History
from neural_style.engine.minimise.minimiser import MOST_FAILURES
from neural_style.engine.minimise.state import State, byte_count, float64_tensor, read_tensor
from neural_style.engine.minimise.steps import LbfgsSteps
from neural_style.engine.share import WHOLE, Share, mean

LOW_MEMORY_HISTORY = 4
"""Pairs of steps and gradient changes, in half precision, that are kept in low memory."""


LEAST_LENGTH = 1e-30
"""Root mean square of a step that counts as none."""


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

    Args:
        start: (1, 3, h, w) float32.
        precondition: P.
        evaluations: how many there will be at most, which limits the history's size.
        share: this process's share of the picture, of which all vectors have its rows.
    """

    FIRST_STEP = 0.03
    """Root mean square of the first step, in normalised values. Longer first steps overshoot, which
    still costs evaluations a hundred steps later."""
    HURRIED_STEP = 0.1
    """The same where there are few evaluations: each counts, and there are none a hundred later."""
    HURRIED = 8
    """So many evaluations are few."""
    LONGEST_STEP = 0.5
    """The largest root mean square of a step."""
    WORSE = 1.25
    """A step fails if the loss exceeds the best one by this factor."""

    def __init__(
        self,
        steps: LbfgsSteps,
        start: Tensor,
        precondition: Callable[[Tensor], Tensor],
        evaluations: int | None = None,
        share: Share = WHOLE,
    ) -> None:
        self.point = start.clone()
        self.best = start
        self.exhausted = False
        self._shape = start.shape
        self._precondition = precondition
        is_hurried = evaluations is not None and evaluations <= self.HURRIED
        self._first_step = self.HURRIED_STEP if is_hurried else self.FIRST_STEP
        pairs = None if evaluations is None else evaluations - 1
        self._share = share
        self._history = History(steps.history, start.numel(), start, pairs, share)
        self._best_loss = math.inf
        self._failures = 0
        self._previous: tuple[Tensor, Tensor, Tensor | None] | None = None
        self._low_memory = False
        self._measured: tuple[Tensor, Tensor] | None = None

    def measure(self, gradient: Tensor) -> Tensor:
        """In how many processes the gradient is not finite; its product with P·gradient; and the
        newest pair's products."""
        g, pg = gradient.flatten(), self._precondition(gradient).flatten()
        broken = gradient.isfinite().all().logical_not()
        own = self._share.total(torch.stack((broken.to(g.dtype), g @ pg)))
        of_pair = [self._propose_pair(g, pg, *self._previous)] if self._previous else []
        self._measured = g, pg
        return torch.cat((own, *of_pair))

    def _propose_pair(
        self, g: Tensor, pg: Tensor, point: Tensor, old_g: Tensor, old_pg: Tensor | None
    ) -> Tensor:
        y = g - old_g
        z = self._precondition(y.view(self._shape)).flatten() if old_pg is None else pg - old_pg
        return self._history.propose(self.point.flatten() - point.flatten(), y, z, g)

    def advance(self, loss: float, measured: Sequence[float]) -> None:
        """Add the newest pair to the history, and propose ``point - H·gradient``."""
        assert self._measured is not None  # measure comes first
        (g, pg), self._measured = self._measured, None
        broken, g_pg, *of_pair = measured
        if not math.isfinite(loss) or broken or loss > self.WORSE * self._best_loss:
            self._history.refuse()
            self._undo_step()
            return
        if loss < self._best_loss:
            self._best_loss = loss
            self.best = self.point
        self._failures = 0
        if of_pair:
            self._history.accept(of_pair)
        self._previous = (self.point, g, None if self._low_memory else pg)
        direction, slope = self._history.direction(g, pg, g_pg)
        if slope >= 0:
            self._history.clear()
            direction, _ = self._history.direction(g, pg, g_pg)
        self._step(direction)

    def move(self, device: torch.device) -> None:
        """Go on on ``device``."""
        self._history.move(device)
        self._measured = None
        previous = self._previous
        best_is_previous = previous is not None and self.best is previous[0]
        if previous is not None:
            point, g, pg = previous
            moved = None if pg is None or self._low_memory else pg.to(device)
            self._previous = previous = point.to(device), g.to(device), moved
        self.best = previous[0] if previous and best_is_previous else self.best.to(device)
        self.point = self.point.to(device)

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
        """Move the point along ``direction``, which is modified."""
        # The length stays on the device, so that nothing waits for it there.
        wide = torch.float32 if direction.device.type == "mps" else torch.float64
        length = mean(self._share, direction.square()).sqrt().to(wide).clamp_min(LEAST_LENGTH)
        # With few pairs the curvature is uncertain, so the limit grows with their number.
        factor = min(self.LONGEST_STEP, self._first_step * 2 ** len(self._history)) / length
        if self._history:
            factor = factor.clamp_max(1.0)
        self.point = self.point + direction.mul_(factor.to(direction.dtype)).view(self._shape)

    def _undo_step(self) -> None:
        self._failures += 1
        self.exhausted = self._previous is None or self._failures >= MOST_FAILURES
        if self._previous is None:
            return
        self.point = torch.lerp(self._previous[0], self.point, 0.25)
