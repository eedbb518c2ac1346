"""Detects when the picture no longer changes visibly."""

from __future__ import annotations

from torch import Tensor

from neural_style.engine.minimise.state import State, float64_tensor, read_tensor
from neural_style.engine.picture.colour_space import denormalise

CHECK_INTERVAL = 6
"""Evaluations between two comparisons."""


class ConvergenceCheck:
    """Compares the picture with itself a few evaluations ago.

    Args:
        limit: root mean square change, in levels of 255, below which the picture has converged;
            with zero it never converges.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._calls = 0
        self._previous: Tensor | None = None

    def reached(self, image: Tensor) -> bool:
        """Whether ``image``, normalised (1, 3, h, w), has converged; call it for every iterate."""
        self._calls += 1
        if self._limit == 0 or self._calls % CHECK_INTERVAL:
            return False
        pixels = denormalise(image.detach().squeeze(0)).clamp(0, 1)
        previous, self._previous = self._previous, pixels
        if previous is None:
            return False
        change = (pixels - previous).square().mean().sqrt().item()
        return change * 255 < self._limit

    def state(self) -> State:
        """What :meth:`restore` needs."""
        calls = {"looks": float64_tensor(self._calls)}
        return calls if self._previous is None else {**calls, "before": self._previous.cpu()}

    def restore(self, state: State, like: Tensor) -> None:
        """Continue from ``state``, for images like ``like``, normalised (1, 3, h, w).

        Raises:
            StateMismatch: the state is of an image of another size.
        """
        previous = read_tensor(state, "before", like.squeeze(0)) if "before" in state else None
        self._calls = int(read_tensor(state, "looks", float64_tensor(0)))
        self._previous = previous
