"""The inputs and outputs of a stylisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.minimise.state import State
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class StyleImage:
    """A style image and its weight among several.

    Attributes:
        pixels: (3, height, width) float32 sRGB in [0, 1].
        weight: positive; the weights of a task are divided by their sum.
    """

    pixels: Tensor
    weight: float = 1.0


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
class Task:
    """One picture to make.

    Attributes:
        content: the content image, (3, height, width) float32 sRGB in [0, 1].
        styles: at least one style image, of any sizes.
        settings: the user's settings.
        mask: (1, height, width) float32 in [0, 1], of the content's size: how far each pixel may
            leave the content. None sets no limit.
        initial: (3, height, width) float32 sRGB in [0, 1], of any size: the picture to go on from,
            at the finest scale and in its own colours; overrides the settings.
        checkpoint: from an earlier run of the same task. A checkpoint or state that does not fit
            is ignored.
        arithmetic: the name of the arithmetic in which the network computes; empty for the fastest
            on the device.
    """

    content: Tensor
    styles: tuple[StyleImage, ...]
    settings: Settings
    mask: Tensor | None = None
    initial: Tensor | None = None
    checkpoint: Checkpoint | None = None
    arithmetic: str = ""

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
        fraction: share of the planned *work* that is done, in [0, 1]; see
            :attr:`~neural_style.engine.recipe.Scale.work`. Use it to estimate the remaining time.
        losses: at the evaluated iterate.
        size: (width, height) of the current scale, in pixels.
        scale: the current scale's index in the recipe, from 0.
        evaluation: evaluations done at the current scale.
    """

    step: int
    total: int
    fraction: float
    losses: Losses
    size: tuple[int, int]
    scale: int = 0
    evaluation: int = 0


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
    """

    image: Tensor
    steps: int
    losses: Losses
    ending: Ending


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
