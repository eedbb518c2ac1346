"""The objective at one scale, for the plan in use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.loss_scale import LossScale
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
        exact_network: gives the one in float32, for what float16 cannot hold.
        notice: shows a sentence to the user.
        style_cache: the summaries of style images.
        check: called between tiles; an exception that it raises ends the evaluation.
        ways: know which plans are the fastest on this machine.
        share: this process's share of the picture.
    """

    plans: Callable[[Size], Sequence[ExecutionPlan]]
    network: Callable[[ExecutionPlan], Vgg]
    exact_network: Callable[[ExecutionPlan], Vgg]
    notice: Callable[[Phrase], None]
    style_cache: StyleCache
    check: Callable[[], None]
    ways: Ways
    share: Share = WHOLE


@dataclass(frozen=True)
class _Built:
    """The objective for a plan."""

    plan: ExecutionPlan
    objective: Objective
    loss_scale: LossScale


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
        self._built: _Built | None = None
        self._exactly = False

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
        if self._built is None or self._built.plan != plan:
            self._built = None
            self._built = self._build(plan, content())
        return self._built.objective.evaluate(image, self._built.loss_scale.value)

    def accepts(self, loss: float, *, gradient_is_finite: bool) -> bool:
        """Whether the last evaluation counts. If not, evaluate again.

        What was too large for float16 is computed again with a smaller loss scale. If that is no
        help, it is computed in float32, and so is everything after it.

        Args:
            loss: the total, read from the device.
        """
        assert self._built is not None  # it was evaluated
        scale = self._built.loss_scale
        if math.isfinite(loss) and gradient_is_finite:
            scale.raise_again()
            return True
        if not scale.is_needed:
            return True  # no rounding is to blame: the minimiser's step was too long
        if not (math.isfinite(loss) and scale.reduce()):
            self._built = None
            self._exactly = True
        return False

    def let_go(self) -> None:
        """Free the objective's memory."""
        self._built = None

    def _build(self, plan: ExecutionPlan, content: Tensor) -> _Built:
        choose = self._context.exact_network if self._exactly else self._context.network
        vgg = choose(plan)
        objective = build_objective(
            vgg,
            self._recipe,
            content,
            self._styles(plan.device),
            tiling=plan.tiling(self._recipe.architecture),
            check=self._context.check,
            cache=self._context.style_cache,
            bands=self._bands,
            compactly=plan.keeps_compactly(self._recipe.precision),
        )
        height = content.shape[-2] if self._bands is None else self._bands.height
        return _Built(plan, objective, LossScale(vgg.dtype, height * content.shape[-1]))
