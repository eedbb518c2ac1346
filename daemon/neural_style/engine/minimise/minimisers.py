"""Creates the minimiser of a recipe."""

from __future__ import annotations

from torch import Tensor

from neural_style.engine.minimise.adam import AdamMinimiser
from neural_style.engine.minimise.lbfgs import LbfgsMinimiser
from neural_style.engine.minimise.minimiser import Minimiser
from neural_style.engine.minimise.preconditioner import PyramidPreconditioner
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.share import Bands, whole


def minimiser_for(
    steps: AdamSteps | LbfgsSteps,
    start: Tensor,
    evaluations: int | None = None,
    bands: Bands | None = None,
) -> Minimiser:
    """The minimiser for ``steps``, at ``start``: (1, 3, h, w) float32.

    Args:
        evaluations: how many there will be at most, if that is known.
        bands: the rows of the picture that ``start`` has; None for all of them.
    """
    bands = bands or whole(start.shape[-2])
    if isinstance(steps, AdamSteps):
        return AdamMinimiser(steps, start, bands.share)
    precondition = PyramidPreconditioner(steps.octaves, steps.colour, steps.coarse, bands)
    return LbfgsMinimiser(steps, start, precondition, evaluations, bands.share)
