"""The parameters of the minimisers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdamSteps:
    """Adam (Kingma & Ba 2015); the rate is multiplied by ``decay`` every ``decay_every`` steps."""

    rate: float
    decay: float
    decay_every: int


@dataclass(frozen=True)
class LbfgsSteps:
    """Limited-memory BFGS, preconditioned.

    Attributes:
        history: the most pairs in the history.
        octaves: octaves of the preconditioner's pyramid.
        colour: weight of single pixels in colour; in lightness it is 2. A high value reduces the
            objective faster; a low one gives less speckle after few evaluations.
        coarse: weight of each coarser octave.
    """

    history: int
    octaves: int
    colour: float = 6.0
    coarse: float = 0.15
