"""What every minimiser is: told the loss and gradient at a point, it proposes the next one."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from neural_style.engine.minimise.state import State

MOST_FAILURES = 6
"""Rejected steps in a row after which a minimiser gives up and keeps the best point."""


class Minimiser(Protocol):
    """``point`` is where to evaluate next; ``best`` is the picture to keep if all ended now."""

    point: Tensor
    best: Tensor
    exhausted: bool

    def advance(self, loss: float, gradient: Tensor) -> None:
        """Take in the evaluation at ``point`` and propose another."""

    def reduce_memory(self) -> None:
        """Take less memory from now on, at the price of less good steps."""

    def state(self, most_bytes: int) -> State | None:
        """What :meth:`restore` needs, rounded where it is large; None if it would be larger."""

    def restore(self, state: State) -> None:
        """Go on from the state of a minimiser with the same steps and size, before any advance.

        Raises:
            UnfitState: it is none; begin anew with another minimiser.
        """
