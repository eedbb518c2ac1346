"""What goes into a stylisation and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from torch import Tensor

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
class Task:
    """One picture to be made.

    Attributes:
        content: the content image, (3, height, width) float32 sRGB in [0, 1].
        styles: at least one style image, of any sizes.
        settings: everything else that a person chose.
    """

    content: Tensor
    styles: tuple[StyleImage, ...]
    settings: Settings


@dataclass(frozen=True)
class Losses:
    """The weighted terms of the objective at one iterate; ``total`` is what is minimised."""

    content: float
    style: float
    total_variation: float
    total: float


@dataclass(frozen=True)
class Progress:
    """Where a stylisation stands after an evaluation.

    Attributes:
        step: evaluations done, at all scales.
        total: evaluations planned; fewer are needed where convergence is detected.
        fraction: share of the planned *work* that is done, in [0, 1]: evaluations weighted by
            their pixels, from which an honest remaining time follows.
        losses: at the iterate that was evaluated.
        size: (width, height) of the current scale, in pixels.
    """

    step: int
    total: int
    fraction: float
    losses: Losses
    size: tuple[int, int]


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


Render: TypeAlias = Callable[[], Tensor]
"""Draws the current iterate: (3, height, width) float32 sRGB in [0, 1], on the CPU."""

Observe: TypeAlias = Callable[[Progress, Render], bool]
"""Called after every evaluation; returning False stops and keeps the current picture."""
