"""Times an evaluation with several plans, apart from the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.fitted import FittedObjective, RunContext
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.recipe import Recipe


class Trial:
    """Evaluates at one picture without an effect on the run.

    Its cache of styles is its own, because a style's sums differ in the last digits in tiles.

    Args:
        styles: see :class:`~neural_style.engine.objective.fitted.FittedObjective`.
    """

    def __init__(
        self,
        recipe: Recipe,
        styles: Callable[[torch.device], Sequence[WeightedStyle]],
        context: RunContext,
    ) -> None:
        self._check = context.check
        self._elsewhere = 0.0
        apart = replace(context, style_cache=StyleCache(), check=self._check_apart)
        self._objective = FittedObjective(recipe, styles, apart)

    def seconds(self, image: Tensor, plan: ExecutionPlan, content: Tensor) -> float:
        """The processor time of an evaluation after the first one.

        Args:
            image, content: normalised (1, 3, h, w).

        Raises:
            MemoryError, RuntimeError: memory ran out.
        """
        try:
            # This computes the targets and makes the kernels.
            self._objective.evaluate(image, plan, lambda: content)
            self._elsewhere = 0.0
            began = time.process_time()
            self._objective.evaluate(image, plan, lambda: content)
            return time.process_time() - began - self._elsewhere
        finally:
            self._objective.let_go()

    def _check_apart(self) -> None:
        """Between tiles another job may be computed, which is not to count."""
        began = time.process_time()
        self._check()
        self._elsewhere += time.process_time() - began
