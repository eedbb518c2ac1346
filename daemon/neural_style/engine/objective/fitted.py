"""The objective at one scale, computed in whatever way fits into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.objective.objective import Evaluation, Objective
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.memory import is_out_of_memory, release_memory
from neural_style.engine.recipe import Recipe


class Stopped(Exception):
    """Somebody wants no more of it; the iterate before is what there is."""


@dataclass(frozen=True)
class RunContext:
    """What an objective needs to know of the world around it.

    Attributes:
        plans: for a picture of some size, what to try, best first.
        network: gives the network that a plan computes with.
        notice: tells the person a sentence.
        memory: of style statistics.
        check: called between tiles; an exception that it raises ends the evaluation.
    """

    plans: Callable[[Size], Sequence[ExecutionPlan]]
    network: Callable[[ExecutionPlan], Vgg]
    notice: Callable[[str], None]
    style_cache: StyleCache
    check: Callable[[], None]


class FittedObjective:
    """Steps down from plan to plan when memory runs out, and evaluates again.

    The losses are a function of the image alone, so nothing is lost but the time of the
    evaluation that failed.

    Args:
        size: (height, width) of the picture.
        content, styles: give the pictures that :class:`Objective` takes. They are asked for when
            the computation is set up, and not kept.
        on_low_memory: called before the first evaluation with a lean plan.
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
        """How it is computed now."""
        return self._plans[0]

    def evaluate(self, image: Tensor) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised.

        Raises:
            MemoryError, RuntimeError: memory ran out with the last plan too.
        """
        while True:
            try:
                return self._evaluated(image)
            except (MemoryError, RuntimeError) as problem:
                if not is_out_of_memory(problem) or len(self._plans) == 1:
                    raise
            # Outside the handler: the exception's frames hold the tensors that were too much.
            self._step_down()

    def _evaluated(self, image: Tensor) -> Evaluation:
        device = self.plan.device
        if self._objective is None:
            self._objective = self._built()
        result = self._objective.evaluate(image.to(device))
        if result.gradient.device == image.device:
            return result
        return Evaluation(result.losses, result.gradient.to(image.device))

    def _built(self) -> Objective:
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

    def _step_down(self) -> None:
        self._objective = None
        release_memory(self.plan.device)
        was_low_memory = self.plan.low_memory
        del self._plans[0]
        if self.plan.low_memory and not was_low_memory:
            self._on_low_memory()
        self._context.notice(f"Memory ran out; {self.plan.words()} from here on.")
