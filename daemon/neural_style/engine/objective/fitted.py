"""The objective at one scale, computed in whatever way fits into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.objective.objective import Evaluation, Objective
from neural_style.engine.objective.style_memory import StyleMemory
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import Method
from neural_style.engine.plan.memory import is_out_of_memory, release_memory
from neural_style.engine.recipe import Recipe


class Stopped(Exception):
    """Somebody wants no more of it; the iterate before is what there is."""


@dataclass(frozen=True)
class RunContext:
    """What an objective needs to know of the world around it.

    Attributes:
        methods: for a picture of some size, what to try, best first.
        network: gives the network that a method computes with.
        notice: tells the person a sentence.
        memory: of style statistics.
        check: called between tiles; an exception that it raises ends the evaluation.
    """

    methods: Callable[[Size], Sequence[Method]]
    network: Callable[[Method], Vgg]
    notice: Callable[[str], None]
    memory: StyleMemory
    check: Callable[[], None]


class FittedObjective:
    """Steps down from method to method when memory runs out, and evaluates again.

    The losses are a function of the image alone, so nothing is lost but the time of the
    evaluation that failed.

    Args:
        size: (height, width) of the picture.
        content, styles: give the pictures that :class:`Objective` takes. They are asked for when
            the computation is set up, and not kept.
        on_lean: called before the first evaluation with a lean method.
    """

    def __init__(
        self,
        recipe: Recipe,
        size: Size,
        content: Callable[[], Tensor],
        styles: Callable[[], Sequence[WeightedStyle]],
        context: RunContext,
        on_lean: Callable[[], None] = lambda: None,
    ) -> None:
        self._recipe = recipe
        self._content = content
        self._styles = styles
        self._methods = list(context.methods(size))
        self._context = context
        self._on_lean = on_lean
        self._objective: Objective | None = None
        if self.method.lean:
            on_lean()

    @property
    def method(self) -> Method:
        """How it is computed now."""
        return self._methods[0]

    def evaluate(self, image: Tensor) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised.

        Raises:
            MemoryError, RuntimeError: memory ran out with the last method too.
        """
        while True:
            try:
                return self._evaluated(image)
            except (MemoryError, RuntimeError) as problem:
                if not is_out_of_memory(problem) or len(self._methods) == 1:
                    raise
            # Outside the handler: the exception's frames hold the tensors that were too much.
            self._step_down()

    def _evaluated(self, image: Tensor) -> Evaluation:
        device = self.method.device
        if self._objective is None:
            self._objective = self._built()
        result = self._objective.evaluate(image.to(device))
        if result.gradient.device == image.device:
            return result
        return Evaluation(result.losses, result.gradient.to(image.device))

    def _built(self) -> Objective:
        method = self.method
        vgg = self._context.network(method)
        memory = self._context.memory
        content = self._content().to(method.device)
        styles = [
            WeightedStyle(style.image.to(method.device), style.share) for style in self._styles()
        ]
        return build_objective(
            vgg,
            self._recipe,
            content,
            styles,
            tiling=method.tiling(self._recipe.architecture),
            check=self._context.check,
            memory=memory,
        )

    def _step_down(self) -> None:
        self._objective = None
        release_memory(self.method.device)
        was_lean = self.method.lean
        del self._methods[0]
        if self.method.lean and not was_lean:
            self._on_lean()
        self._context.notice(f"Memory ran out; {self.method.words()} from here on.")
