"""The minimisers' protocol: from the loss and gradient at a point, propose the next point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from neural_style.engine.minimise.state import State

MOST_FAILURES = 6
"""Rejected steps in a row after which a minimiser gives up and keeps the best point."""


class Minimiser(Protocol):
    """``point`` is to be evaluated next; ``best`` is the result so far; stop when ``exhausted``."""

    point: Tensor
    best: Tensor
    exhausted: bool

    def measure(self, gradient: Tensor) -> Tensor:
        """The numbers about the evaluation at ``point`` that :meth:`advance` needs: (n,).

        The first is in how many processes the gradient is not finite. If the evaluation is
        repeated, so is this. They are on the gradient's device, so that the caller can read them
        with other numbers at once: each time, the processor waits until a graphics card has
        finished.
        """

    def advance(self, loss: float, measured: Sequence[float]) -> None:
        """Use the evaluation at ``point`` to propose the next one.

        Args:
            measured: the values of :meth:`measure`, which is called before.
        """

    def move(self, device: torch.device) -> None:
        """Go on on another device. If it fails for lack of memory, it may be called again."""

    def reduce_memory(self) -> None:
        """Use less memory from now on; the steps become less effective."""

    def state(self, most_bytes: int) -> State | None:
        """What :meth:`restore` needs, rounded if necessary; None if it exceeds ``most_bytes``."""

    def restore(self, state: State) -> None:
        """Continue from the state of a minimiser with the same steps and size; call it first.

        Raises:
            StateMismatch: the state does not fit; this minimiser can no longer be used.
        """
