"""A recipe: everything that affects the picture, apart from the pictures themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neural_style.engine.checks import SMALLEST_SIDE
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.network.vgg import Architecture
from neural_style.engine.picture.canvas import Colours
from neural_style.engine.picture.resize import Size
from neural_style.engine.terms.base import Term

OVERHEAD = 20_000
"""Fixed cost of an evaluation, in pixels: SECONDS_PER_EVALUATION of estimate.py at a million pixels
per second. A run does not measure its speed."""


@dataclass(frozen=True)
class Scale:
    """One size at which the picture is optimised: (height, width), and the most evaluations."""

    size: Size
    evaluations: int

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]

    @property
    def work(self) -> int:
        """Evaluated pixels, with those that would have taken the rest of the time."""
        return (self.pixels + OVERHEAD) * self.evaluations


@dataclass(frozen=True)
class Recipe:
    """How one picture is made.

    Attributes:
        terms: of the objective, which is their weighted sum.
        scales: from coarse to fine; the last is the result's size.
        precision: of the network's arithmetic.
        resampling: ``textbook`` resizes content and style alike to the scale's exact size;
            ``proportional`` keeps the style's proportions and gives it the content's area.
        untouched: the picture is the content itself (strength 0).
        start: the coarsest scale begins with the content or with noise.
        colours: what becomes of them; the coarsest scale begins as near to the style's.
        seed: of the noise.
        style_scale: how large the style's features become relative to the picture; 1 gives the
            style image the content's area. Not for ``textbook`` resampling.
        still: root mean square change in levels of 255 over a few evaluations below which a
            scale is done; 0 never ends it early.
    """

    terms: tuple[Term, ...]
    architecture: Architecture
    minimiser: AdamSteps | LbfgsSteps
    scales: tuple[Scale, ...]
    precision: Literal["single", "fastest"]
    resampling: Literal["textbook", "proportional"]
    untouched: bool
    colours: Colours
    start: Literal["content", "noise"] = "content"
    seed: int = 0
    style_scale: float = 1.0
    convergence_limit: float = 0.0

    @property
    def size(self) -> Size:
        """(height, width) of the result."""
        return self.scales[-1].size

    @property
    def evaluations(self) -> int:
        """Evaluations planned, at all scales."""
        return sum(scale.evaluations for scale in self.scales)

    @property
    def work(self) -> int:
        """What is planned at all scales, counted as :attr:`Scale.work` is."""
        return sum(scale.work for scale in self.scales)

    def style_size(self, style: Size, scale: Size) -> Size:
        """The size at which a style image is looked at while the picture has a scale's size.

        The scale's own size in the textbook; elsewhere the scale's area in the style's
        proportions. The style scale multiplies its sides, so that its features grow with it. A
        style image is never enlarged, which would only teach the picture blur.
        """
        if self.resampling == "textbook":
            return scale
        height, width = style
        same_area: float = (scale[0] * scale[1] / (height * width)) ** 0.5
        ratio = min(1.0, self.style_scale * same_area)
        return max(SMALLEST_SIDE, round(height * ratio)), max(SMALLEST_SIDE, round(width * ratio))
