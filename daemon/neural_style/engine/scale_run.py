"""The optimisation at one scale, with a plan that fits into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.minimise.convergence import ConvergenceCheck
from neural_style.engine.minimise.minimiser import Minimiser
from neural_style.engine.minimise.minimisers import minimiser_for
from neural_style.engine.minimise.state import (
    State,
    StateMismatch,
    byte_count,
    float64_tensor,
    read_tensor,
)
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.fitted import FittedObjective, RunContext
from neural_style.engine.objective.trial import Trial
from neural_style.engine.picture.canvas import Canvas, Colours
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.ladder import Ladder
from neural_style.engine.plan.memory import is_out_of_memory
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.share import Share, agreed, bands_of
from neural_style.engine.task import Checkpoint
from neural_style.engine.terms.base import names_of

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Painting:
    """A picture at some stage, on one device.

    Attributes:
        canvas: the scale's pictures.
        paint: normalised (1, 3, h, w).
    """

    canvas: Canvas
    paint: Tensor

    def on(self, device: torch.device) -> Painting:
        """The painting on another device."""
        return Painting(self.canvas.on(device), self.paint.to(device))

    def seen(self, colours: Colours) -> Tensor:
        """The picture to show: (3, h, w) float32 sRGB in [0, 1] on the CPU."""
        try:
            return self.canvas.seen(self.paint, colours)
        except (MemoryError, RuntimeError) as problem:
            if not is_out_of_memory(problem) or self.paint.device == CPU:
                raise
        return self.on(CPU).canvas.seen(self.paint.to(CPU), colours)


class ScaleRun:
    """Optimises the picture at one scale.

    All tensors are on the device of the plan in use. If memory runs out there, all of them move to
    the next plan's device, and the work that failed is repeated.

    Where several processes share the picture, the tensors are this one's rows, and all of them have
    one plan.

    Args:
        begin: makes the scale's pictures and the first paint on a plan's device.
        styles: gives the style images on a device; they are not kept.
        resumed: continue from this checkpoint of the scale.

    Raises:
        MemoryError, RuntimeError: memory ran out with the last plan. So does :meth:`step`.
    """

    def __init__(
        self,
        recipe: Recipe,
        scale: Scale,
        context: RunContext,
        begin: Callable[[ExecutionPlan], Painting],
        styles: Callable[[torch.device], Sequence[WeightedStyle]],
        resumed: Checkpoint | None = None,
    ) -> None:
        self._recipe = recipe
        self._scale = scale
        # Neither of them may refer to this object: a circle would keep the tensors after the run.
        self._ladder = Ladder(context.plans(scale.size), context.notice)
        self._bands = bands_of(context.share, scale.size[0])
        self._objective = FittedObjective(recipe, styles, context, self._bands)
        self._ways = context.ways
        self._trial: Trial | None = Trial(recipe, styles, context)
        self.losses = Losses()
        self.converged = False
        self.first_evaluation = 1
        self._ladder.within_memory(lambda plan: self._set_up(begin(plan), plan, resumed))

    @property
    def best(self) -> Painting:
        """The best one so far."""
        return Painting(self.canvas, self._minimiser.best)

    def step(self) -> None:
        """One evaluation, and the minimiser's step.

        The numbers that decide the step are read from the device with one copy.
        """
        if self._trial is not None:
            trial, self._trial = self._trial, None
            self._find_faster_way(trial)
        self._ladder.within_memory(self._step, self._objective.let_go, self._move)

    def state(self, most_bytes: int) -> State | None:
        """See :class:`~neural_style.engine.task.Render`."""
        values = float64_tensor(*self.losses.terms.values())
        rest = {**self._convergence.state(), "losses": values}
        state = self._minimiser.state(most_bytes - byte_count(rest.values()))
        return None if state is None else {**rest, **state}

    def _set_up(self, begun: Painting, plan: ExecutionPlan, resumed: Checkpoint | None) -> None:
        minimiser, convergence = self._fresh(begun.paint)
        first, losses = 1, Losses()
        if resumed is not None:
            # At least one evaluation, so that there are losses to report.
            first = min(resumed.evaluation + 1, self._scale.evaluations)
            try:
                state = resumed.state or {}
                names = names_of(self._recipe.terms)
                losses = _restored(state, names, begun.paint, minimiser, convergence)
                first = resumed.evaluation + 1
            except StateMismatch:
                minimiser, convergence = self._fresh(begun.paint)
        if plan.low_memory:
            minimiser.reduce_memory()
        self.canvas, self._minimiser, self._convergence = begun.canvas, minimiser, convergence
        self.first_evaluation, self.losses = first, losses

    def _fresh(self, start: Tensor) -> tuple[Minimiser, ConvergenceCheck]:
        steps, evaluations = self._recipe.minimiser, self._scale.evaluations
        minimiser = minimiser_for(steps, start, evaluations, self._bands)
        return minimiser, ConvergenceCheck(self._recipe.convergence_limit, self._bands.share)

    def _find_faster_way(self, trial: Trial) -> None:
        """Time the ways between which this machine has not decided yet, and take the faster one.

        It changes nothing else, so that the picture depends on the way alone.
        """
        plans = self._ladder.plans
        undecided = self._ways.undecided(plans, self._scale)
        if not undecided:
            return
        image = self.canvas.painted(self._minimiser.point.detach())
        try:
            seconds = {plan: trial.seconds(image, plan, self.canvas.content) for plan in undecided}
        except (MemoryError, RuntimeError) as problem:
            if not is_out_of_memory(problem):
                raise
            return  # the evaluations themselves will tell which plan fits
        self._ways.decide(seconds, self._scale.size)
        self._ladder.take_instead(self._ways.ordered(plans, self._scale.size))

    def _step(self, plan: ExecutionPlan) -> None:
        paint = self._minimiser.point.detach()
        image = self.canvas.painted(paint)
        while True:
            found = self._objective.evaluate(image, plan, lambda: self.canvas.content)
            losses, change, measured = _read(
                self._bands.share,
                found.values,
                self._convergence.look(paint),
                self._minimiser.measure(self.canvas.gradient(found.gradient)),
            )
            named = found.named(losses)
            del found
            if self._objective.accepts(named.total, gradient_is_finite=measured[0] == 0):
                break
        self._minimiser.advance(named.total, measured)
        self.losses = named
        has_settled = self._convergence.reached(change)
        self.converged = has_settled or self._minimiser.exhausted

    def _move(self, plan: ExecutionPlan) -> None:
        self.canvas = self.canvas.on(plan.device)
        self._minimiser.move(plan.device)
        self._convergence.move(plan.device)
        if plan.low_memory:
            self._minimiser.reduce_memory()


def _restored(
    state: State,
    names: Sequence[str],
    start: Tensor,
    minimiser: Minimiser,
    convergence: ConvergenceCheck,
) -> Losses:
    """Restore the minimiser and the convergence check; returns the losses so far.

    Raises:
        StateMismatch: something is missing or of another size; create both anew.
    """
    minimiser.restore(state)
    convergence.restore(state, start)
    values = read_tensor(state, "losses", float64_tensor(*(0.0 for _ in names))).tolist()
    return Losses(dict(zip(names, values, strict=True)))


def _read(share: Share, *tensors: Tensor) -> list[list[float]]:
    """The numbers in small tensors, (n,) each, read from their device with one copy.

    All processes that share the picture get the same ones, because these decide what comes next.
    """
    numbers = agreed(share, torch.cat(tensors)).tolist()
    found = []
    for tensor in tensors:
        found.append(numbers[: len(tensor)])
        numbers = numbers[len(tensor) :]
    return found
