"""The objective at one scale, for the plan in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.objective import Evaluation, Objective
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.ways import Ways
from neural_style.engine.recipe import Recipe
from neural_style.engine.share import WHOLE, Bands, Share
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
        ways: know which plans are the fastest on this machine.
        share: this process's share of the picture.
    """

    plans: Callable[[Size], Sequence[ExecutionPlan]]
    network: Callable[[ExecutionPlan], Vgg]
    notice: Callable[[Phrase], None]
    style_cache: StyleCache
    check: Callable[[], None]
    ways: Ways
    share: Share = WHOLE


class FittedObjective:
    """The objective of a picture of one size, built anew for each plan.

    Args:
        styles: gives the style images on a device. It is called when the objective is built; the
            pictures are not kept.
        bands: the rows of the picture that this process has; None for all of them.
    """

    def __init__(
        self,
        recipe: Recipe,
        styles: Callable[[torch.device], Sequence[WeightedStyle]],
        context: RunContext,
        bands: Bands | None = None,
    ) -> None:
        self._recipe = recipe
        self._styles = styles
        self._context = context
        self._bands = bands
        self._built: tuple[ExecutionPlan, Objective] | None = None

    def evaluate(
        self, image: Tensor, plan: ExecutionPlan, content: Callable[[], Tensor]
    ) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised.

        Everything is on the plan's device. The losses depend on the image alone, not on the plan.

        Args:
            content: gives the content image, like ``image``, if the objective must be built.

        Raises:
            MemoryError, RuntimeError: memory ran out.
        """
        if self._built is None or self._built[0] != plan:
            self._built = None
            self._built = plan, self._build(plan, content())
        return self._built[1].evaluate(image)

    def let_go(self) -> None:
        """Free the objective's memory."""
        self._built = None

    def _build(self, plan: ExecutionPlan, content: Tensor) -> Objective:
        return build_objective(
            self._context.network(plan),
            self._recipe,
            content,
            self._styles(plan.device),
            tiling=plan.tiling(self._recipe.architecture),
            check=self._context.check,
            cache=self._context.style_cache,
            bands=self._bands,
        )
