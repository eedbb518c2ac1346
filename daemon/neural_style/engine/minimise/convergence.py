"""Detects when the picture no longer changes visibly."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from neural_style.engine.minimise.state import State, float64_tensor, read_tensor
from neural_style.engine.picture.colour_space import denormalise
from neural_style.engine.share import WHOLE, Share, mean

CHECK_INTERVAL = 6
"""Evaluations between two comparisons."""


class ConvergenceCheck:
    """Compares the picture with itself a few evaluations ago.

    Args:
        limit: root mean square change, in levels of 255, below which the picture has converged;
            with zero it never converges.
        share: this process's share of the picture.
    """

    def __init__(self, limit: float, share: Share = WHOLE) -> None:
        self._share = share
        self._limit = limit
        self._calls = 0
        self._previous: Tensor | None = None
        self._newest: Tensor | None = None

    def look(self, image: Tensor) -> Tensor:
        """How far ``image``, normalised (1, 3, h, w), has changed; call it for every iterate.

        Returns:
            A root mean square in [0, 1], on the image's device: (1,); (0,) if nothing is compared.
        """
        self._newest = None
        if self._limit == 0 or (self._calls + 1) % CHECK_INTERVAL:
            return image.new_zeros(0)
        self._newest = denormalise(image.detach().squeeze(0)).clamp(0, 1)
        if self._previous is None:
            return image.new_zeros(0)
        return mean(self._share, (self._newest - self._previous).square()).sqrt().view(1)

    def reached(self, change: Sequence[float]) -> bool:
        """Whether the image that was just looked at has converged.

        Args:
            change: the values of :meth:`look`.
        """
        self._calls += 1
        if self._newest is not None:
            self._previous = self._newest
        return any(each * 255 < self._limit for each in change)

    def move(self, device: torch.device) -> None:
        """Go on on ``device``."""
        if self._previous is not None:
            self._previous = self._previous.to(device)

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
