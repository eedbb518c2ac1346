"""Gram matrices: which features occur together, wherever they are."""

from __future__ import annotations

import torch
from torch import Tensor


def gram_matrix(features: Tensor) -> Tensor:
    """The Gram matrix of one image's features, divided by the number of its elements.

    .. math:: G_{ij} = \\frac{1}{c h w} \\sum_p F_{ip} F_{jp}

    (Gatys et al. 2016, equation 3, with the textbook's normalisation.)

    The products run in the features' own precision. That must be one with float32's range, as
    bfloat16 is, because the sums over positions are only divided afterwards.

    Args:
        features: (1, c, h, w).

    Returns:
        (c, c), symmetric, float32 or the features' type where that is wider.
    """
    return _product(_positions(features)) / features.numel()


def gram_gradient(features: Tensor, slope: Tensor, passed: Tensor | None = None) -> Tensor:
    """The gradient at the features, if it is ``slope``, (c, c) and symmetric, at their matrix.

    .. math:: \\frac{2}{c h w} \\sum_j D_{ij} F_{jp}

    Args:
        features: (1, c, h, w).
        passed: another gradient at the features. It is added in the same pass, and changed.
    """
    matrix = (slope * (2 / features.numel())).to(features.dtype)
    positions = _positions(features)
    sums = positions @ matrix if passed is None else _positions(passed).addmm_(positions, matrix)
    _, channels, height, width = features.shape
    return sums.view(1, height, width, channels).permute(0, 3, 1, 2)


TOGETHER = 4096
"""Positions whose products are summed in one go, where there are many times as many."""
LONG = 8 * TOGETHER


def _product(positions: Tensor) -> Tensor:
    """positionsᵀ·positions: (c, c), float32 or wider.

    A matrix that is hundreds of times as long as it is wide is slow to multiply as a whole.
    """
    wide = torch.promote_types(positions.dtype, torch.float32)
    if len(positions) < LONG:
        return (positions.T @ positions).to(wide)
    count = len(positions) // TOGETHER
    parts = positions[: count * TOGETHER].view(count, TOGETHER, positions.shape[1])
    rest = positions[count * TOGETHER :]
    return torch.bmm(parts.mT, parts).sum(0, dtype=wide).add_((rest.T @ rest).to(wide))


def _positions(features: Tensor) -> Tensor:
    """(h·w, c): no copy where features are channels-last."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
