"""The inputs and outputs of a stylisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.minimise.state import State
from neural_style.engine.picture.colour_map import ColourMap
from neural_style.engine.picture.resize import resize, size_of
from neural_style.engine.terms.temporal import Temporal
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class StyleImage:
    """A style image and its weight among several.

    Attributes:
        pixels: (3, height, width) float32 sRGB in [0, 1].
        weight: positive; the weights of a task are divided by their sum.
        left_out: (1, h, w) float32 in [0, 1], the whole image at any size: what is more than a half
            there is not part of the style, such as a face. None leaves nothing out.
    """

    pixels: Tensor
    weight: float = 1.0
    left_out: Tensor | None = None


@dataclass(frozen=True)
class Checkpoint:
    """An iterate from which a run can continue.

    Attributes:
        image: (3, height, width) float32 sRGB in [0, 1], of the scale's size.
        scale: the scale's index in the recipe, from 0.
        evaluation: evaluations done at that scale.
        step: evaluations done at all scales.
        state: the iterate's :meth:`Render.state`; with it, the run continues as if it had not been
            interrupted. Without it, only the picture is used.
    """

    image: Tensor
    scale: int
    evaluation: int
    step: int
    state: State | None = None


@dataclass(frozen=True)
class Tones:
    """The changes of colour that the first frame of a shot settles for all its frames.

    Attributes:
        begin: from the content's colours to those that its picture begins with, both normalised.
        seen: from the paint to what is seen, both sRGB.
    """

    begin: ColourMap
    seen: ColourMap


@dataclass(frozen=True)
class Previous:
    """What a frame is told of the frames before it.

    Attributes:
        paint: (3, height, width) float32, normalised: the paint of the frames before, moved to
            where this frame shows the same things. It is resized to the result if need be.
        trust: (1, height, width) float32 in [0, 1], of the paint's size: how far it can be trusted
            there; 0 where this frame shows something new.
        tones: those of the shot's first frame.
        weight: of the temporal term; see :mod:`neural_style.engine.terms.temporal`.
    """

    paint: Tensor
    trust: Tensor
    tones: Tones
    weight: float

    def term(self, mask: Tensor | None) -> Temporal:
        """What keeps the picture near to the paint. Where a mask limits the style, it counts less.

        Args:
            mask: see :attr:`Task.mask`.
        """
        trust = self.trust
        if mask is not None:
            trust = trust * resize(mask, size_of(trust)).clamp(0, 1)
        return Temporal(self.weight, self.paint.unsqueeze(0), trust.unsqueeze(0))


@dataclass(frozen=True)
class Frame:
    """What the next frame needs of this one.

    Attributes:
        paint: (3, height, width) float32, normalised, on the CPU: before any change of colours.
        tones: of the shot.
    """

    paint: Tensor
    tones: Tones


@dataclass(frozen=True)
class Task:
    """One picture to make.

    Attributes:
        content: the content image, (3, height, width) float32 sRGB in [0, 1].
        styles: at least one style image, of any sizes.
        settings: the user's settings.
        mask: (1, height, width) float32 in [0, 1], of the content's size: how far each pixel may
            leave the content. None sets no limit.
        faces: (1, h, w) float32 in [0, 1], the whole picture at any size: how far each place
            belongs to a face, which keeps its features. None if there are none.
        initial: (3, height, width) float32 sRGB in [0, 1], of any size: the picture to go on from,
            at the finest scale and in its own colours; overrides the settings.
        checkpoint: from an earlier run of the same task. A checkpoint or state that does not fit
            is ignored.
        arithmetic: the name of the arithmetic in which the network computes; empty for the fastest
            on the device.
        is_frame: whether the outcome is to have the :class:`Frame` that a next frame needs.
        previous: the frames before this one in its shot. With it, only the finest scale is
            computed. It is ignored if there is an initial picture.
    """

    content: Tensor
    styles: tuple[StyleImage, ...]
    settings: Settings
    mask: Tensor | None = None
    faces: Tensor | None = None
    initial: Tensor | None = None
    checkpoint: Checkpoint | None = None
    arithmetic: str = ""
    is_frame: bool = False
    previous: Previous | None = None

    @property
    def shares(self) -> tuple[tuple[StyleImage, float], ...]:
        """The styles with their shares, which sum to one."""
        total = sum(style.weight for style in self.styles)
        return tuple((style, style.weight / total) for style in self.styles)


@dataclass(frozen=True)
class Progress:
    """The progress of a stylisation after an evaluation.

    Attributes:
        step: evaluations done, at all scales.
        total: evaluations planned; a scale that converges early needs fewer.
        fraction: share of the time that has passed, in [0, 1], as far as it is known; it never
            falls.
        losses: at the evaluated iterate.
        size: (width, height) of the current scale, in pixels.
        scale: the current scale's index in the recipe, from 0.
        evaluation: evaluations done at the current scale.
        left: seconds left; None until it is known.
    """

    step: int
    total: int
    fraction: float
    losses: Losses
    size: tuple[int, int]
    scale: int = 0
    evaluation: int = 0
    left: float | None = None


Ending: TypeAlias = Literal["finished", "converged", "stopped"]


@dataclass(frozen=True)
class Outcome:
    """A finished or stopped stylisation.

    Attributes:
        image: (3, height, width) float32 sRGB in [0, 1], on the CPU.
        steps: evaluations made.
        losses: at the last evaluated iterate.
        ending: ``finished`` the planned work, ``converged`` early at the last scale, or
            ``stopped`` by the observer.
        frame: if :attr:`Task.is_frame`; None at strength 0, where the picture is the content.
    """

    image: Tensor
    steps: int
    losses: Losses
    ending: Ending
    frame: Frame | None = None


class Render(Protocol):
    """The current iterate. It is valid until the observer returns."""

    def __call__(self) -> Tensor:
        """The picture: (3, height, width) float32 sRGB in [0, 1], on the CPU."""

    def state(self, most_bytes: int) -> State | None:
        """What the run needs to continue, besides the picture; None if it exceeds ``most_bytes``.

        Store it at once: the next evaluation may change it.
        """


Observe: TypeAlias = Callable[[Progress, Render], bool]
"""Called after every evaluation; returning False stops and keeps the current picture."""
