"""What goes into a stylisation and what comes out of it."""

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
    """A style image and its share among several.

    Attributes:
        pixels: (3, height, width) float32 sRGB in [0, 1].
        weight: any positive number; the weights of a task are divided by their sum.
    """

    pixels: Tensor
    weight: float = 1.0


@dataclass(frozen=True)
class Checkpoint:
    """An iterate from which a run can go on.

    Attributes:
        image: (3, height, width) float32 sRGB in [0, 1], of the scale's size.
        scale: the scale's place in the recipe, from 0.
        evaluation: evaluations done at that scale.
        step: evaluations done at all scales.
        state: what the iterate's own :meth:`Render.state` was; the run goes on from it as if it
            had never ended. Without it, only the picture is taken up.
    """

    image: Tensor
    scale: int
    evaluation: int
    step: int
    state: State | None = None


@dataclass(frozen=True)
class Task:
    """One picture to be made.

    Attributes:
        content: the content image, (3, height, width) float32 sRGB in [0, 1].
        styles: at least one style image, of any sizes.
        settings: everything else that a person chose.
        mask: (1, height, width) float32 in [0, 1], of the content's size: how far each pixel may
            leave the content. None lets the style go everywhere.
        initial: (3, height, width) float32 sRGB in [0, 1], of the content's size: the picture to
            start from instead of what the settings say.
        checkpoint: where an earlier run of the same task came to. One that does not fit is
            ignored, and so is a state that does not.
    """

    content: Tensor
    styles: tuple[StyleImage, ...]
    settings: Settings
    mask: Tensor | None = None
    initial: Tensor | None = None
    checkpoint: Checkpoint | None = None

    @property
    def shares(self) -> tuple[tuple[StyleImage, float], ...]:
        """The styles with their shares, which sum to one."""
        total = sum(style.weight for style in self.styles)
        return tuple((style, style.weight / total) for style in self.styles)


@dataclass(frozen=True)
class Progress:
    """Where a stylisation stands after an evaluation.

    Attributes:
        step: evaluations done, at all scales.
        total: evaluations planned; fewer are needed where convergence is detected.
        fraction: share of the planned *work* that is done, in [0, 1]: evaluations weighted by
            their pixels and what each costs besides, from which an honest remaining time follows.
        losses: at the iterate that was evaluated.
        size: (width, height) of the current scale, in pixels.
        scale: the current scale's place in the recipe, from 0.
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
        losses: at the last iterate that was evaluated.
        ending: ``finished`` the planned work, ``converged`` before its end, or ``stopped`` by the
            observer.
    """

    image: Tensor
    steps: int
    losses: Losses
    ending: Ending


class Render(Protocol):
    """The current iterate, until the observer returns."""

    def __call__(self) -> Tensor:
        """Draw it: (3, height, width) float32 sRGB in [0, 1], on the CPU."""

    def state(self, most_bytes: int) -> State | None:
        """What the run goes on from, besides the picture; None if it takes more bytes.

        It is to be stored at once: the next evaluation may change it.
        """


Observe: TypeAlias = Callable[[Progress, Render], bool]
"""Called after every evaluation; returning False stops and keeps the current picture."""
