"""Adam, for the textbook."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import torch
from torch import Tensor

from neural_style.engine.minimise.minimiser import MOST_FAILURES
from neural_style.engine.minimise.state import State, byte_count, float64_tensor, read_tensor
from neural_style.engine.minimise.steps import AdamSteps
from neural_style.engine.share import WHOLE, Share


class AdamMinimiser:
    """Adam with a step-wise decaying learning rate, as in the textbook.

    After a loss or gradient that is not finite it restarts from the last good point with half the
    rate.

    Args:
        share: this process's share of the picture, of which ``start`` has its rows.
    """

    def __init__(self, steps: AdamSteps, start: Tensor, share: Share = WHOLE) -> None:
        self._steps = steps
        self._share = share
        self._failures = 0
        self._gradient: Tensor | None = None
        self._begin(start, steps.rate)

    def _begin(self, start: Tensor, rate: float) -> None:
        self.point = start.clone().requires_grad_(True)
        self.best = start
        self.exhausted = False
        # One picture gains nothing from the fused form, which needs more memory.
        self._optimiser = torch.optim.Adam([self.point], lr=rate, foreach=False)
        self._schedule = torch.optim.lr_scheduler.StepLR(
            self._optimiser, self._steps.decay_every, self._steps.decay
        )
        self._good = start.clone()

    def measure(self, gradient: Tensor) -> Tensor:
        """In how many processes the gradient is not finite."""
        self._gradient = gradient
        broken = gradient.isfinite().all().logical_not()
        return self._share.total(broken.to(gradient.dtype).view(1))

    def advance(self, loss: float, measured: Sequence[float]) -> None:
        """One step of Adam; ``best`` is the newest point, as in the textbook."""
        gradient, self._gradient = self._gradient, None
        if not (math.isfinite(loss) and measured[0] == 0):
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

    def move(self, device: torch.device) -> None:
        """Go on on ``device``."""
        state = self.state(sys.maxsize)
        if state is None:
            self._begin(self._good.to(device), float(self._schedule.get_last_lr()[0]))
            return
        self.point = self.point.detach().to(device).requires_grad_(True)
        self.restore(state)

    def reduce_memory(self) -> None:
        """Does nothing: Adam needs both of its moments."""

    def state(self, most_bytes: int) -> State | None:
        """The point, its two moments, and the schedule's position."""
        moments = self._optimiser.state[self.point]
        if not moments:
            return None  # no step yet since the start or the last failure
        rate, steps = self._optimiser.param_groups[0]["lr"], self._schedule.last_epoch
        kept = {
            "point": self.point.detach().cpu(),
            "good": self._good.cpu(),
            "mean": moments["exp_avg"].cpu(),
            "square": moments["exp_avg_sq"].cpu(),
            "adam": float64_tensor(rate, steps, float(moments["step"]), self._failures),
        }
        return kept if byte_count(kept.values()) <= most_bytes else None

    def restore(self, state: State) -> None:
        """Restore the point, the moments and the schedule."""
        like = self.point.detach()
        point, good = read_tensor(state, "point", like), read_tensor(state, "good", like)
        mean, square = read_tensor(state, "mean", like), read_tensor(state, "square", like)
        rate, steps, moved, failures = read_tensor(
            state, "adam", float64_tensor(0, 0, 0, 0)
        ).tolist()
        self._begin(good, self._steps.rate)
        with torch.no_grad():
            self.point.copy_(point)
        self.best = self.point.detach()
        self._optimiser.state[self.point] = {
            "step": torch.tensor(moved),
            "exp_avg": mean,
            "exp_avg_sq": square,
        }
        self._optimiser.param_groups[0]["lr"] = rate
        self._schedule.load_state_dict({"last_epoch": int(steps), "_last_lr": [rate]})
        self._failures = int(failures)
