"""Knowing when nobody would see a difference any more."""

from __future__ import annotations

from torch import Tensor

from neural_style.engine.minimise.state import State, numbers, taken
from neural_style.engine.picture.colour_space import denormalise

EVERY = 6
"""Evaluations between two looks at the picture."""


class ConvergenceCheck:
    """Compares the picture with itself a few evaluations ago.

    Args:
        limit: root mean square change, in levels of 255, below which the picture is still;
            zero never is.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._looks = 0
        self._before: Tensor | None = None

    def reached(self, image: Tensor) -> bool:
        """Whether ``image``, normalised (1, 3, h, w), has stopped changing; told every one."""
        self._looks += 1
        if self._limit == 0 or self._looks % EVERY:
            return False
        pixels = denormalise(image.detach().squeeze(0)).clamp(0, 1)
        before, self._before = self._before, pixels
        if before is None:
            return False
        change = (pixels - before).square().mean().sqrt().item()
        return change * 255 < self._limit

    def state(self) -> State:
        """What :meth:`restore` needs."""
        looks = {"looks": numbers(self._looks)}
        return looks if self._before is None else {**looks, "before": self._before.cpu()}

    def restore(self, state: State, like: Tensor) -> None:
        """Go on with comparing images like ``like``, normalised (1, 3, h, w).

        Raises:
            UnfitState: the state was kept of other images.
        """
        before = taken(state, "before", like.squeeze(0)) if "before" in state else None
        self._looks = int(taken(state, "looks", numbers(0)))
        self._before = before
