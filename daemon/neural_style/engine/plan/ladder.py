"""The plans for one scale, from the fastest to the leanest: when memory runs out, the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.memory import is_out_of_memory, release_memory
from neural_style_protocol.phrases import Phrase

T = TypeVar("T")


class Ladder:
    """Does work with the first plan, and repeats it with the next ones where memory runs out.

    Args:
        plans: at least one, best first.
        notice: shows a sentence to the user.
    """

    def __init__(self, plans: Sequence[ExecutionPlan], notice: Callable[[Phrase], None]) -> None:
        self._plans = list(plans)
        self._notice = notice
        self._has_moved = True

    @property
    def plan(self) -> ExecutionPlan:
        """The plan in use."""
        return self._plans[0]

    @property
    def plans(self) -> tuple[ExecutionPlan, ...]:
        """The plan in use and the ones after it."""
        return tuple(self._plans)

    def take_instead(self, plans: Sequence[ExecutionPlan]) -> None:
        """Use other plans on the same device, at least one, best first."""
        self._plans = list(plans)

    def within_memory(
        self,
        work: Callable[[ExecutionPlan], T],
        let_go: Callable[[], None] = lambda: None,
        move: Callable[[ExecutionPlan], None] = lambda plan: None,
    ) -> T:
        """The result of ``work``, which gets the plan and must be such that it can be repeated.

        Args:
            let_go: called when a plan is left, to free what only that plan needs.
            move: called before the work is repeated, to bring everything else to the next plan. If
                memory runs out in it, it is called again with the plan after that.

        Raises:
            MemoryError, RuntimeError: memory ran out with the last plan.
        """
        while True:
            try:
                if not self._has_moved:
                    move(self.plan)
                    self._has_moved = True
                return work(self.plan)
            except (MemoryError, RuntimeError) as problem:
                if not is_out_of_memory(problem) or len(self._plans) == 1:
                    raise
            # Outside the handler, because the exception's frames keep the large tensors alive.
            let_go()
            self._step_down()

    def _step_down(self) -> None:
        release_memory(self.plan.device)
        del self._plans[0]
        self._has_moved = False
        plan = self.plan.as_phrase()
        self._notice(Phrase("Memory ran out; {plan} from here on.", {"plan": plan}))
