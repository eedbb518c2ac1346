"""One stylisation, from the coarsest scale to the finest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.minimise.state import State
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.fitted import RunContext, Stopped
from neural_style.engine.picture.canvas import Canvas, Colours
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.picture.palette import Palette, Palettes
from neural_style.engine.picture.periodic import periodic_component
from neural_style.engine.picture.resize import Size, resize, size_of
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.forecast import Forecast
from neural_style.engine.recipe import Recipe
from neural_style.engine.scale_run import CPU, Painting, ScaleRun
from neural_style.engine.starting import (
    carried_paint,
    first_colours,
    first_paint,
    pixels_at,
    styles_at,
)
from neural_style.engine.task import (
    Checkpoint,
    Ending,
    Frame,
    Observe,
    Outcome,
    Progress,
    Task,
    Tones,
)

MASK_STEPS = 1 << 16
"""Steps between closed and open in a resized mask: as fine as 16 bits."""


@dataclass(frozen=True)
class Iterate:
    """One :class:`~neural_style.engine.task.Render`."""

    painting: Painting
    colours: Colours
    at_scale: ScaleRun

    def __call__(self) -> Tensor:
        return self.painting.seen(self.colours)

    def state(self, most_bytes: int) -> State | None:
        return self.at_scale.state(most_bytes)


class Run:
    """Runs one task through its recipe's scales."""

    def __init__(
        self,
        task: Task,
        recipe: Recipe,
        observe: Observe,
        context: RunContext,
        forecast: Forecast,
    ) -> None:
        self._task = task
        self._recipe = recipe
        self._observe = observe
        self._context = context
        self._palettes = self._target_palettes()
        self._step = 0
        self._forecast = forecast
        self._losses = Losses()
        self._ending: Ending = "finished"

    def complete(self) -> Outcome:
        """Run all scales, unless the observer stops the run."""
        best: Painting | None = None
        resumed = self._fitting_checkpoint()
        first = resumed.scale if resumed else 0
        if resumed is not None:
            self._step = resumed.step
        for place, scale in enumerate(self._recipe.scales[first:], first):
            again = resumed if place == first else None
            self._forecast.begin(place)
            at_scale = ScaleRun(
                self._recipe,
                scale,
                self._context,
                partial(self._begin, scale.size, best, again),
                partial(self._styles_at, scale.size),
                again,
            )
            best = self._optimise(place, at_scale)
            del at_scale  # it holds much that the next scale does not need
            if self._ending == "stopped":
                break
        assert best is not None  # a recipe has at least one scale
        picture = best.seen(self._recipe.colours)
        frame = self._frame_of(best) if self._task.is_frame else None
        return Outcome(picture, self._step, self._losses, self._ending, frame)

    def _frame_of(self, painting: Painting) -> Frame:
        """What the next frame needs, with the colours that the shot's first frame has settled."""
        paint = painting.paint.detach().squeeze(0).to(CPU, torch.float32)
        if self._task.previous is not None:
            return Frame(paint, self._task.previous.tones)
        # At the size of the coarsest scale, so that a run that was resumed finds the same.
        canvas = self._canvas_at(self._recipe.scales[0].size, CPU)
        begin = first_colours(canvas, self._styles_on(canvas), self._recipe)
        seen = painting.canvas.tones_of(painting.paint, self._recipe.colours)
        return Frame(paint, Tones(begin, seen))

    def _target_palettes(self) -> Palettes:
        """The styles' palettes; an initial picture keeps its own, which it has got from them."""
        if self._task.initial is not None:
            return ((Palette.of(self._pixels(self._task.initial, self._recipe.size, CPU)), 1.0),)
        return tuple((Palette.of(style.pixels), share) for style, share in self._task.shares)

    def _fitting_checkpoint(self) -> Checkpoint | None:
        """The task's checkpoint, unless it does not fit the recipe."""
        checkpoint, scales = self._task.checkpoint, self._recipe.scales
        if checkpoint is None or not 0 <= checkpoint.scale < len(scales):
            return None
        size = (checkpoint.image.shape[1], checkpoint.image.shape[2])
        return checkpoint if size == scales[checkpoint.scale].size else None

    def _begin(
        self,
        size: Size,
        before: Painting | None,
        resumed: Checkpoint | None,
        plan: ExecutionPlan,
    ) -> Painting:
        """What a scale begins with: ``before`` is the best painting of the coarser one."""
        device = plan.device
        canvas = self._canvas_at(size, device)
        if resumed is not None:
            return Painting(canvas, normalise(resumed.image.to(device)).unsqueeze(0))
        if before is None:
            return Painting(canvas, self._start_on(canvas))
        styles, vgg = self._styles_on(canvas), self._context.network(plan)
        paint = carried_paint(before.on(device), canvas, styles, vgg, self._recipe)
        return Painting(canvas, paint)

    def _start_on(self, canvas: Canvas) -> Tensor:
        """The start of the coarsest scale: normalised (1, 3, h, w)."""
        previous = self._task.previous
        if previous is not None:
            size = size_of(canvas.pixels)
            content = previous.tones.begin.on(canvas.content.squeeze(0))
            trust = resize(previous.trust.to(content.device), size).clamp(0, 1)
            earlier = resize(previous.paint.to(content.device), size)
            return torch.lerp(content, earlier, trust).unsqueeze(0)
        if self._task.initial is not None:
            return canvas.base
        return first_paint(canvas, self._styles_on(canvas), self._recipe)

    def _styles_on(self, canvas: Canvas) -> Callable[[], list[WeightedStyle]]:
        return partial(self._styles_at, size_of(canvas.pixels), canvas.pixels.device)

    def _optimise(self, place: int, at_scale: ScaleRun) -> Painting:
        """The best painting at this scale."""
        scale = self._recipe.scales[place]
        self._ending = "finished"
        if at_scale.losses.terms:  # of a checkpoint
            self._losses = at_scale.losses
        for evaluation in range(at_scale.first_evaluation, scale.evaluations + 1):
            try:
                at_scale.step()
            except Stopped:
                self._show(place, evaluation - 1, at_scale)
                self._ending = "stopped"
                break
            self._losses = at_scale.losses
            self._step += 1
            self._forecast.evaluated(0 if at_scale.converged else scale.evaluations - evaluation)
            # The best one, because a step that fails is not to be seen.
            if not self._show(place, evaluation, at_scale):
                self._ending = "stopped"
                break
            if at_scale.converged:
                self._ending = "converged"
                break
        return at_scale.best

    def _show(self, place: int, evaluation: int, at_scale: ScaleRun) -> bool:
        iterate = Iterate(at_scale.best, self._recipe.colours, at_scale)
        return self._observe(self._progress(place, evaluation), iterate)

    def _progress(self, place: int, evaluation: int) -> Progress:
        height, width = self._recipe.scales[place].size
        return Progress(
            step=self._step,
            total=self._recipe.evaluations,
            fraction=self._forecast.fraction,
            losses=self._losses,
            size=(width, height),
            scale=place,
            evaluation=evaluation,
            left=self._forecast.left,
        )

    def _canvas_at(self, size: Size, device: torch.device) -> Canvas:
        pixels = self._pixels(self._task.content, size, device)
        mask = self._task.mask
        if self._recipe.architecture.padding == "circular" and mask is None:
            pixels = periodic_component(pixels).clamp(0, 1)
        if mask is not None:
            # Rounded, so that what is open stays exactly open: resizing a 1 may give a little less.
            mask = resize(mask.to(device), size).mul(MASK_STEPS).round().div(MASK_STEPS).clamp(0, 1)
        detail: Tensor | None = pixels
        if self._task.initial is not None:
            detail = self._pixels(self._task.initial, size, device)
        elif self._recipe.start == "noise":
            detail = None
        previous = self._task.previous
        tones = None if previous is None else previous.tones.seen
        return Canvas(pixels, detail, mask, self._palettes, tones)

    def _styles_at(self, size: Size, device: torch.device) -> list[WeightedStyle]:
        return styles_at(self._task.shares, size, device, self._recipe)

    def _pixels(self, pixels: Tensor, size: Size, device: torch.device) -> Tensor:
        return pixels_at(pixels, size, device, self._recipe)
