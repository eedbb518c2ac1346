"""One stylisation: from the coarsest scale to the finest, watched by an observer."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from neural_style.engine.checks import SMALLEST_SIDE
from neural_style.engine.colour_space import denormalise, normalise
from neural_style.engine.fitted_objective import Circumstances, FittedObjective, Stopped
from neural_style.engine.minimise import minimiser_for
from neural_style.engine.objective import WeightedStyle
from neural_style.engine.recipe import Recipe
from neural_style.engine.resize import Size, resize, resize_as_textbook
from neural_style.engine.task import (
    Checkpoint,
    Ending,
    Losses,
    Observe,
    Outcome,
    Progress,
    Task,
)
from neural_style.engine.vgg import Vgg


class Run:
    """Carries one task through its recipe's scales."""

    def __init__(
        self,
        vgg: Vgg,
        task: Task,
        recipe: Recipe,
        observe: Observe,
        circumstances: Circumstances,
    ) -> None:
        self._vgg = vgg
        self._task = task
        self._recipe = recipe
        self._observe = observe
        self._circumstances = circumstances
        self._step = 0
        self._work_done = 0
        self._losses = Losses(0.0, 0.0, 0.0, 0.0)
        self._stopped = False

    def complete(self) -> Outcome:
        """Go through all scales, or until the observer stops the run."""
        image: Tensor | None = None
        before: Tensor | None = None
        resumed = self._fitting_checkpoint()
        first = resumed.scale if resumed else 0
        for place, scale in enumerate(self._recipe.scales[first:], first):
            content = self._content_at(scale.size)
            if resumed and place == first:
                start, done = self._taken_up(resumed), resumed.evaluation
            elif image is None or before is None:
                start, done = content, 0
            else:
                start, done = _carry(image, before, content), 0
            image, before = self._optimise(place, done, content, start), content
            if self._stopped:
                break
        assert image is not None  # a recipe has at least one scale
        ending: Ending = "stopped" if self._stopped else "finished"
        return Outcome(self._render(image), self._step, self._losses, ending)

    def _fitting_checkpoint(self) -> Checkpoint | None:
        """The task's checkpoint, unless another version of the recipe made it."""
        checkpoint, scales = self._task.checkpoint, self._recipe.scales
        if checkpoint is None or not 0 <= checkpoint.scale < len(scales):
            return None
        size = (checkpoint.image.shape[1], checkpoint.image.shape[2])
        return checkpoint if size == scales[checkpoint.scale].size else None

    def _taken_up(self, checkpoint: Checkpoint) -> Tensor:
        self._step = checkpoint.step
        self._work_done = sum(scale.work for scale in self._recipe.scales[: checkpoint.scale])
        return normalise(checkpoint.image.to(self._vgg.device)).unsqueeze(0)

    def _optimise(self, place: int, done: int, content: Tensor, start: Tensor) -> Tensor:
        """The best image found at this scale, where ``done`` evaluations were made before."""
        scale = self._recipe.scales[place]
        minimiser = minimiser_for(self._recipe.minimiser, start)
        styles = self._styles_at(scale.size)
        objective = FittedObjective(
            self._recipe, content, styles, self._circumstances, on_lean=minimiser.slim
        )
        work_before = self._work_done
        # At least one, or there would be no losses to tell.
        for evaluation in range(min(done + 1, scale.evaluations), scale.evaluations + 1):
            at = minimiser.point.detach()
            try:
                result = objective.evaluate(at)
            except Stopped:
                kept = partial(self._render, minimiser.best)
                self._observe(self._progress(place, evaluation - 1), kept)
                self._stopped = True
                break
            minimiser.advance(result.losses.total, result.gradient)
            self._losses = result.losses
            self._step += 1
            self._work_done = work_before + scale.work * evaluation // scale.evaluations
            if not self._observe(self._progress(place, evaluation), partial(self._render, at)):
                self._stopped = True
                break
            if minimiser.exhausted:
                break
        self._work_done = work_before + scale.work
        return minimiser.best

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

    def _render(self, image: Tensor) -> Tensor:
        """What is seen of an iterate, at the result's size."""
        pixels = denormalise(image.detach().squeeze(0)).clamp(0, 1)
        return pixels.to("cpu", torch.float32)

    def _content_at(self, size: Size) -> Tensor:
        return self._prepare(self._task.content, size)

    def _styles_at(self, size: Size) -> list[WeightedStyle]:
        total = sum(style.weight for style in self._task.styles)
        return [
            WeightedStyle(
                self._prepare(style.pixels, self._style_size(style.pixels, size)),
                style.weight / total,
            )
            for style in self._task.styles
        ]

    def _style_size(self, style: Tensor, scale: Size) -> Size:
        """The content's own size in the textbook; elsewhere its area in the style's proportions.

        A style image is never enlarged, which would only teach the picture blur.
        """
        if self._recipe.resampling == "textbook":
            return scale
        height, width = style.shape[1:]
        ratio = min(1.0, (scale[0] * scale[1] / (height * width)) ** 0.5)
        return (
            max(SMALLEST_SIDE, round(height * ratio)),
            max(SMALLEST_SIDE, round(width * ratio)),
        )

    def _prepare(self, pixels: Tensor, size: Size) -> Tensor:
        textbook = self._recipe.resampling == "textbook"
        resized = resize_as_textbook(pixels, size) if textbook else resize(pixels, size)
        return normalise(resized.clamp(0, 1).to(self._vgg.device)).unsqueeze(0)


def _carry(image: Tensor, content_before: Tensor, content: Tensor) -> Tensor:
    """The start at a finer scale: what has been changed so far, on the finer content."""
    size = (content.shape[-2], content.shape[-1])
    return content + resize(image - content_before, size)
