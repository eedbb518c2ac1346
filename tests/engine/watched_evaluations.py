"""Tells a test of every evaluation of the objective."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor

from neural_style.engine.objective.fitted import FittedObjective
from neural_style.engine.objective.objective import Evaluation
from neural_style.engine.plan.execution_plan import ExecutionPlan


def watch_evaluations(
    monkeypatch: pytest.MonkeyPatch, tell: Callable[[Tensor, ExecutionPlan], None]
) -> None:
    """Call ``tell`` with the image and the plan before each evaluation."""
    evaluate = FittedObjective.evaluate

    def watched(
        objective: FittedObjective,
        image: Tensor,
        plan: ExecutionPlan,
        content: Callable[[], Tensor],
    ) -> Evaluation:
        tell(image, plan)
        return evaluate(objective, image, plan, content)

    monkeypatch.setattr(FittedObjective, "evaluate", watched)
