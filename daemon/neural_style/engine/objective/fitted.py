"""The objective at one scale, computed with a plan that fits into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.objective import Evaluation, Objective
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.memory import is_out_of_memory, release_memory
from neural_style.engine.recipe import Recipe
from neural_style_protocol.phrases import Phrase


class Stopped(Exception):
    """The user stopped the run within an evaluation; the last iterate is the result."""


@dataclass(frozen=True)
class RunContext:
    """What a run needs from its environment.

    Attributes:
        plans: gives the plans to try for a picture of some size, best first.
        network: gives the network for a plan.
        notice: shows a sentence to the user.
        style_cache: the summaries of style images.
        check: called between tiles; an exception that it raises ends the evaluation.
    """

    plans: Callable[[Size], Sequence[ExecutionPlan]]
    network: Callable[[ExecutionPlan], Vgg]
    notice: Callable[[Phrase], None]
    style_cache: StyleCache
    check: Callable[[], None]


class FittedObjective:
    """Changes to the next plan when memory runs out, and repeats the evaluation.

    The losses depend on the image alone, so only the time of the failed evaluation is lost.

    Args:
        size: (height, width) of the picture.
        content, styles: give the pictures for :func:`build_objective`. They are called when the
            objective is built; the pictures are not kept.
        on_low_memory: called before the first evaluation with a low-memory plan.
    """

    def __init__(
        self,
        recipe: Recipe,
        size: Size,
        content: Callable[[], Tensor],
        styles: Callable[[], Sequence[WeightedStyle]],
        context: RunContext,
        on_low_memory: Callable[[], None] = lambda: None,
    ) -> None:
        self._recipe = recipe
        self._content = content
        self._styles = styles
        self._plans = list(context.plans(size))
        self._context = context
        self._on_low_memory = on_low_memory
        self._objective: Objective | None = None
        if self.plan.low_memory:
            on_low_memory()

    @property
    def plan(self) -> ExecutionPlan:
        """The plan in use."""
        return self._plans[0]

    def evaluate(self, image: Tensor) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised.

        Raises:
            MemoryError, RuntimeError: memory ran out with the last plan.
        """
        while True:
            try:
                return self._evaluate_once(image)
            except (MemoryError, RuntimeError) as problem:
                if not is_out_of_memory(problem) or len(self._plans) == 1:
                    raise
            # Outside the handler, because the exception's frames keep the large tensors alive.
            self._use_next_plan()

    def _evaluate_once(self, image: Tensor) -> Evaluation:
        device = self.plan.device
        if self._objective is None:
            self._objective = self._build()
        result = self._objective.evaluate(image.to(device))
        if result.gradient.device == image.device:
            return result
        return Evaluation(result.losses, result.gradient.to(image.device))

    def _build(self) -> Objective:
        plan = self.plan
        vgg = self._context.network(plan)
        content = self._content().to(plan.device)
        styles = [
            WeightedStyle(style.image.to(plan.device), style.share) for style in self._styles()
        ]
        return build_objective(
            vgg,
            self._recipe,
            content,
            styles,
            tiling=plan.tiling(self._recipe.architecture),
            check=self._context.check,
            cache=self._context.style_cache,
        )

    def _use_next_plan(self) -> None:
        self._objective = None
        release_memory(self.plan.device)
        was_low_memory = self.plan.low_memory
        del self._plans[0]
        if self.plan.low_memory and not was_low_memory:
            self._on_low_memory()
        plan = self.plan.as_phrase()
        self._context.notice(Phrase("Memory ran out; {plan} from here on.", {"plan": plan}))
