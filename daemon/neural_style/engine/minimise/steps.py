"""What a recipe says of its minimiser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdamSteps:
    """Adam on the pixels (Kingma & Ba 2015), its rate multiplied by ``decay`` every so often."""

    rate: float
    decay: float
    decay_every: int


@dataclass(frozen=True)
class LbfgsSteps:
    """Limited-memory BFGS, preconditioned.

    Attributes:
        history: pairs that are remembered.
        octaves: of the preconditioner's pyramid.
        colour: weight of single pixels in colour; those in lightness have 2. A high value is
            quick on the objective; a low one makes less speckle in few evaluations.
        coarse: weight of each coarser octave.
    """

    history: int
    octaves: int
    colour: float = 6.0
    coarse: float = 0.15
