"""Gram matrices: which features occur together, wherever they are."""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.engine.network.int8.row_chunks import positions


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
    return gram_sums(features) / features.numel()


def multiplied(features: Tensor, matrix: Tensor, passed: Tensor | None = None) -> Tensor:
    """features·matrix at every position.

    A loss whose gradient at their Gram matrix is D, symmetric, has this one at the features:

    .. math:: \\frac{2}{c h w} \\sum_j D_{ij} F_{jp}

    Args:
        features: (1, c, h, w), also the result's shape.
        matrix: (c, c), symmetric, of any floating type.
        passed: another gradient at the features. It is added in the same pass, and changed.
    """
    flat, matrix = positions(features), matrix.to(features.dtype)
    sums = flat @ matrix if passed is None else positions(passed).addmm_(flat, matrix)
    _, channels, height, width = features.shape
    return sums.view(1, height, width, channels).permute(0, 3, 1, 2)


TOGETHER = 4096
"""Positions whose products are summed in one go, where there are many times as many."""
LONG = 8 * TOGETHER


def gram_sums(features: Tensor) -> Tensor:
    """The Gram matrix before it is divided, for one that is summed over parts of an image.

    A matrix that is hundreds of times as long as it is wide is slow to multiply as a whole.
    """
    flat = positions(features)
    wide = torch.promote_types(flat.dtype, torch.float32)
    if len(flat) < LONG:
        return (flat.T @ flat).to(wide)
    count = len(flat) // TOGETHER
    parts = flat[: count * TOGETHER].view(count, TOGETHER, flat.shape[1])
    rest = flat[count * TOGETHER :]
    return torch.bmm(parts.mT, parts).sum(0, dtype=wide).add_((rest.T @ rest).to(wide))
