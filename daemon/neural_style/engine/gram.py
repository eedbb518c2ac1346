"""Gram matrices: which features occur together, wherever they are."""

from __future__ import annotations

from typing import Any

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
    gram, _ = with_gram_matrix(features)
    return gram


def with_gram_matrix(features: Tensor) -> tuple[Tensor, Tensor]:
    """The Gram matrix, and the features for what follows them in the network.

    The gradients of both are summed in the pass that computes the matrix's.
    """
    gram, passed = _Gram.apply(features)
    return gram, passed


class _Gram(torch.autograd.Function):
    """Both factors are one tensor, so the way back is one product: (D + Dᵀ)·F/(c·h·w)."""

    @staticmethod
    def forward(context: Any, features: Tensor) -> tuple[Tensor, Tensor]:
        context.save_for_backward(features)
        context.set_materialize_grads(False)
        return _product(_positions(features)) / features.numel(), features.detach()

    @staticmethod
    def backward(context: Any, slope: Tensor | None, passed: Tensor | None) -> Tensor | None:
        if slope is None:
            return passed
        (features,) = context.saved_tensors
        matrix = ((slope + slope.T) / features.numel()).to(features.dtype)
        positions = _positions(features)
        if passed is None:
            product = positions @ matrix
        else:
            # In place: the gradient that comes from deeper layers is for nobody else.
            product = _positions(passed).addmm_(positions, matrix)
        _, channels, height, width = features.shape
        gradient: Tensor = product.view(1, height, width, channels).permute(0, 3, 1, 2)
        return gradient


TOGETHER = 4096
"""Positions whose products are summed in one go, where there are many times as many."""
LONG = 16 * TOGETHER


def _product(positions: Tensor) -> Tensor:
    """positionsᵀ·positions: (c, c), float32 or wider.

    A matrix that is a thousand times as long as it is wide is slow to multiply as a whole.
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
