"""A recipe: everything that determines the result, except the input pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor

from neural_style.engine.checks import SMALLEST_SIDE
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.network.vgg import Architecture
from neural_style.engine.picture.canvas import Colours
from neural_style.engine.picture.resize import Size
from neural_style.engine.terms.base import Term
from neural_style.engine.terms.neighbours import Neighbours

OVERHEAD = 20_000
"""Fixed cost of an evaluation, in pixels: SECONDS_PER_EVALUATION of estimate.py at a million pixels
per second. It decides how many evaluations a picture gets that is painted on, so it is the same on
all machines; the time that is left is told from the run's own: see forecast.py."""


@dataclass(frozen=True)
class Scale:
    """One size at which the picture is optimised, (height, width), and its most evaluations."""

    size: Size
    evaluations: int

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]

    @property
    def work(self) -> int:
        """The cost in evaluated pixels, including :data:`OVERHEAD` for each evaluation."""
        return (self.pixels + OVERHEAD) * self.evaluations


@dataclass(frozen=True)
class Recipe:
    """How one picture is made.

    Attributes:
        terms: the objective is their weighted sum.
        scales: from coarse to fine; the last has the result's size.
        frame_evaluations: at the finest scale of a frame that begins with the frames before it.
        precision: of the network and of the maps that are compared with: ``single``, ``fastest``,
            or the name of an arithmetic.
        resampling: ``textbook`` resizes content and style to the scale's exact size;
            ``proportional`` keeps the style's proportions and gives it the content's area.
        untouched: whether the result is the content itself (strength 0).
        start: whether the coarsest scale begins with the content or with noise.
        colours: changes of the result's colours; the coarsest scale begins with the same share of
            the style's colours.
        seed: of the noise.
        carried_detail: how much of the content's detail a finer scale begins with, in [0, 1]; the
            coarser scale's changes are always carried over.
        laid_detail: how much of the styles' own detail it begins with, in [0, 1].
        style_scale: size of the style's features relative to the picture; 1 gives the style image
            the content's area. Not used by ``textbook`` resampling.
        convergence_limit: root mean square change over a few evaluations, in levels of 255, below
            which a scale ends; with 0 it never ends early.
    """

    terms: tuple[Term, ...]
    architecture: Architecture
    minimiser: AdamSteps | LbfgsSteps
    scales: tuple[Scale, ...]
    frame_evaluations: int
    precision: str
    resampling: Literal["textbook", "proportional"]
    untouched: bool
    colours: Colours
    start: Literal["content", "noise"] = "content"
    seed: int = 0
    carried_detail: float = 1.0
    laid_detail: float = 0.0
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
        """The sum of :attr:`Scale.work` over all scales."""
        return sum(scale.work for scale in self.scales)

    def computed_in(self, arithmetic: str) -> Recipe:
        """The recipe in the arithmetic of that name, unless it asks for single precision."""
        if not arithmetic or self.precision == "single":
            return self
        return replace(self, precision=arithmetic)

    def going_on(self) -> Recipe:
        """The recipe for painting on from an initial picture: the finest scale alone.

        It has about the work of the whole recipe. The minimiser is L-BFGS, for the textbook too,
        because its result is never worse than its start. Any change of colours is made in full,
        for the palette is then the initial picture's own.
        """
        finest, steps = self.scales[-1], self.minimiser
        most = max(scale.evaluations for scale in self.scales)
        affordable = round(self.work / (finest.pixels + OVERHEAD))
        return replace(
            self,
            scales=(replace(finest, evaluations=min(most, affordable)),),
            minimiser=steps if isinstance(steps, LbfgsSteps) else LbfgsSteps(history=12, octaves=5),
            colours=replace(self.colours, of_style=1.0 if self.colours.of_style > 0 else 0.0),
        )

    def following(self, term: Term) -> Recipe:
        """The recipe for a frame that begins with the frames before it: the finest scale alone.

        The minimiser is L-BFGS, as in :meth:`going_on`.

        Args:
            term: keeps the picture near to the frames before.
        """
        finest, steps = self.scales[-1], self.minimiser
        return replace(
            self,
            terms=(*self.terms, term),
            scales=(replace(finest, evaluations=self.frame_evaluations),),
            minimiser=steps if isinstance(steps, LbfgsSteps) else LbfgsSteps(history=12, octaves=5),
        )

    @property
    def faces(self) -> Tensor | None:
        """Where faces keep their features; see :meth:`keeping`."""
        kept = (term.faces for term in self.terms if isinstance(term, Neighbours))
        return next((faces for faces in kept if faces is not None), None)

    def keeping(self, faces: Tensor) -> Recipe:
        """The recipe for a picture with faces, which keep their features.

        Args:
            faces: (1, h, w) in [0, 1], of any size: how far each place belongs to a face.
        """
        terms = (
            replace(term, faces=faces) if isinstance(term, Neighbours) else term
            for term in self.terms
        )
        return replace(self, terms=tuple(terms))

    def style_size(self, style: Size, scale: Size) -> Size:
        """The size of a style image for a picture of size ``scale``.

        In the textbook it is the scale's size; otherwise it has the scale's area in the style's
        proportions, with its sides multiplied by the style scale. A style image is never enlarged,
        because the picture would imitate the blur.
        """
        if self.resampling == "textbook":
            return scale
        height, width = style
        same_area: float = (scale[0] * scale[1] / (height * width)) ** 0.5
        ratio = min(1.0, self.style_scale * same_area)
        return max(SMALLEST_SIDE, round(height * ratio)), max(SMALLEST_SIDE, round(width * ratio))
