"""Gram matrices: which features occur together, wherever they are."""

from __future__ import annotations

import torch
from torch import Tensor


def gram_matrix(features: Tensor) -> Tensor:
    """The Gram matrix of one image's features, divided by the number of its elements.

    .. math:: G_{ij} = \\frac{1}{c h w} \\sum_p F_{ip} F_{jp}

    (Gatys et al. 2016, equation 3, with the textbook's normalisation.)

    The product runs in the features' own precision; one factor is divided by h·w beforehand so
    that half-precision sums stay near one.

    Args:
        features: (1, c, h, w).

    Returns:
        (c, c), symmetric, float32 or the features' type where that is wider.
    """
    _, channels, height, width = features.shape
    positions = features.permute(0, 2, 3, 1).reshape(height * width, channels)
    product = positions.T @ (positions / (height * width))
    wide = torch.promote_types(product.dtype, torch.float32)
    return product.to(wide) / channels
