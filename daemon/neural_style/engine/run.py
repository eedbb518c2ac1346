"""One stylisation, from the coarsest scale to the finest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

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
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.fitted import FittedObjective, RunContext, Stopped
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.picture.palette import Palette
from neural_style.engine.picture.periodic import periodic_component
from neural_style.engine.picture.recolour import match_colours
from neural_style.engine.picture.resize import Size, resize, resize_as_textbook
from neural_style.engine.recipe import Recipe
from neural_style.engine.task import (
    Checkpoint,
    Ending,
    Observe,
    Outcome,
    Progress,
    Task,
)
from neural_style.engine.terms.base import names_of


@dataclass(frozen=True)
class Iterate:
    """One :class:`~neural_style.engine.task.Render`."""

    paint: Tensor
    canvas: Canvas
    recipe: Recipe
    losses: Losses
    minimiser: Minimiser
    convergence: ConvergenceCheck

    def __call__(self) -> Tensor:
        return self.canvas.seen(self.paint, self.recipe.colours)

    def state(self, most_bytes: int) -> State | None:
        losses = self.losses
        values = float64_tensor(*losses.terms.values())
        rest = {**self.convergence.state(), "losses": values}
        state = self.minimiser.state(most_bytes - byte_count(rest.values()))
        return None if state is None else {**rest, **state}


class Run:
    """Runs one task through its recipe's scales."""

    def __init__(
        self,
        vgg: Vgg,
        task: Task,
        recipe: Recipe,
        observe: Observe,
        context: RunContext,
    ) -> None:
        self._vgg = vgg
        self._task = task
        self._recipe = recipe
        self._observe = observe
        self._context = context
        self._palettes = tuple((Palette.of(style.pixels), share) for style, share in task.shares)
        self._step = 0
        self._work_done = 0
        self._losses = Losses()
        self._ending: Ending = "finished"

    def complete(self) -> Outcome:
        """Run all scales, unless the observer stops the run."""
        image: Tensor | None = None
        before: Canvas | None = None
        resumed = self._fitting_checkpoint()
        first = resumed.scale if resumed else 0
        for place, scale in enumerate(self._recipe.scales[first:], first):
            canvas = self._canvas_at(scale.size)
            again = resumed if place == first else None
            if again is not None:
                start = self._resume_from(again)
            elif image is None or before is None:
                start = self._start_on(canvas)
            else:
                start = self._carry(image, before, canvas)
            image, before = self._optimise(place, canvas, start, again), canvas
            if self._ending == "stopped":
                break
        assert image is not None  # a recipe has at least one scale
        assert before is not None
        picture = before.seen(image, self._recipe.colours)
        return Outcome(picture, self._step, self._losses, self._ending)

    def _fitting_checkpoint(self) -> Checkpoint | None:
        """The task's checkpoint, unless it does not fit the recipe."""
        checkpoint, scales = self._task.checkpoint, self._recipe.scales
        if checkpoint is None or not 0 <= checkpoint.scale < len(scales):
            return None
        size = (checkpoint.image.shape[1], checkpoint.image.shape[2])
        return checkpoint if size == scales[checkpoint.scale].size else None

    def _resume_from(self, checkpoint: Checkpoint) -> Tensor:
        self._step = checkpoint.step
        self._work_done = sum(scale.work for scale in self._recipe.scales[: checkpoint.scale])
        return normalise(checkpoint.image.to(self._vgg.device)).unsqueeze(0)

    def _start_on(self, canvas: Canvas) -> Tensor:
        """The start of the coarsest scale: normalised (1, 3, h, w)."""
        base = canvas.base
        if self._task.initial is not None:
            return base
        if self._recipe.start == "noise":
            random = torch.Generator().manual_seed(self._recipe.seed)
            return torch.randn(base.shape, generator=random).to(base)
        share = self._recipe.colours.of_style
        if share == 0:
            return base
        height, width = canvas.pixels.shape[1:]
        matched = torch.zeros_like(base)
        for style in self._styles_at((height, width)):
            colours = match_colours(base.squeeze(0), style.image.squeeze(0))
            matched += style.share * colours
        return torch.lerp(base, matched, share)

    def _carry(self, paint: Tensor, before: Canvas, canvas: Canvas) -> Tensor:
        """The start of a finer scale: the coarser paint, and the detail that only this scale has.

        The detail of the user's initial picture is carried whole, because it is not a photograph's
        surface that the style replaces.
        """
        size = canvas.pixels.shape[1], canvas.pixels.shape[2]
        whole = self._task.initial is not None
        carried = 1.0 if whole else self._recipe.carried_detail
        detail = canvas.base - resize(before.base, size)
        return resize(paint, size).add_(detail, alpha=carried)

    def _optimise(
        self, place: int, canvas: Canvas, start: Tensor, resumed: Checkpoint | None
    ) -> Tensor:
        """The best paint found at this scale; continues from ``resumed`` if given."""
        scale = self._recipe.scales[place]
        minimiser, convergence = self._fresh(start)
        first = 1
        if resumed is not None:
            # At least one evaluation, so that there are losses to report.
            first = min(resumed.evaluation + 1, scale.evaluations)
            try:
                names = names_of(self._recipe.terms)
                state = resumed.state or {}
                self._losses = _restored(state, names, start, minimiser, convergence)
                first = resumed.evaluation + 1
            except StateMismatch:
                minimiser, convergence = self._fresh(start)
        objective = FittedObjective(
            self._recipe,
            scale.size,
            lambda: canvas.content,
            partial(self._styles_at, scale.size),
            self._context,
            on_low_memory=minimiser.reduce_memory,
        )
        self._ending = "finished"
        work_before = self._work_done
        for evaluation in range(first, scale.evaluations + 1):
            at = minimiser.point.detach()
            try:
                result = objective.evaluate(canvas.painted(at))
            except Stopped:
                kept = self._iterate(minimiser.best, canvas, minimiser, convergence)
                self._observe(self._progress(place, evaluation - 1), kept)
                self._ending = "stopped"
                break
            minimiser.advance(result.losses.total, canvas.gradient(result.gradient))
            self._losses = result.losses
            self._step += 1
            self._work_done = work_before + scale.work * evaluation // scale.evaluations
            converged = minimiser.exhausted or convergence.reached(at)
            iterate = self._iterate(at, canvas, minimiser, convergence)
            if not self._observe(self._progress(place, evaluation), iterate):
                self._ending = "stopped"
                break
            if converged:
                self._ending = "converged"
                break
        self._work_done = work_before + scale.work
        return minimiser.best

    def _fresh(self, start: Tensor) -> tuple[Minimiser, ConvergenceCheck]:
        return minimiser_for(self._recipe.minimiser, start), ConvergenceCheck(
            self._recipe.convergence_limit
        )

    def _iterate(
        self, paint: Tensor, canvas: Canvas, minimiser: Minimiser, convergence: ConvergenceCheck
    ) -> Iterate:
        return Iterate(paint, canvas, self._recipe, self._losses, minimiser, convergence)

    def _progress(self, place: int, evaluation: int) -> Progress:
        height, width = self._recipe.scales[place].size
        return Progress(
            step=self._step,
            total=self._recipe.evaluations,
            fraction=self._work_done / self._recipe.work,
            losses=self._losses,
            size=(width, height),
            scale=place,
            evaluation=evaluation,
        )

    def _canvas_at(self, size: Size) -> Canvas:
        pixels = self._pixels(self._task.content, size)
        mask = self._task.mask
        if self._recipe.architecture.padding == "circular" and mask is None:
            pixels = periodic_component(pixels).clamp(0, 1)
        if mask is not None:
            mask = resize(mask.to(self._vgg.device), size).clamp(0, 1)
        detail: Tensor | None = pixels
        if self._task.initial is not None:
            detail = self._pixels(self._task.initial, size)
        elif self._recipe.start == "noise":
            detail = None
        return Canvas(pixels, detail, mask, self._palettes)

    def _styles_at(self, size: Size) -> list[WeightedStyle]:
        return [
            WeightedStyle(
                self._prepare(style.pixels, self._recipe.style_size(_size_of(style.pixels), size)),
                share,
            )
            for style, share in self._task.shares
        ]

    def _prepare(self, pixels: Tensor, size: Size) -> Tensor:
        return normalise(self._pixels(pixels, size)).unsqueeze(0)

    def _pixels(self, pixels: Tensor, size: Size) -> Tensor:
        textbook = self._recipe.resampling == "textbook"
        resized = resize_as_textbook(pixels, size) if textbook else resize(pixels, size)
        return resized.clamp(0, 1).to(self._vgg.device)


def _size_of(pixels: Tensor) -> Size:
    return pixels.shape[-2], pixels.shape[-1]


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
