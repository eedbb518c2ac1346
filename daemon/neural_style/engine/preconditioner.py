"""Where a gradient step should go further than the gradient says."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class PyramidPreconditioner:
    """Steps as if the image were a sum of offsets at several octaves.

    Writing x = x₀ + Σₖ Uₖ vₖ, with Uₖ bilinear enlargement by 2ᵏ, and descending in the v is the
    same as descending in x with the gradient multiplied by the symmetric positive definite

    .. math:: P = \\sum_k U_k U_k^\\top

    which favours large structures by about the inverse square of their frequency. Only P is ever
    applied, so no v is stored.
    """

    def __init__(self, octaves: int) -> None:
        self._octaves = octaves

    def __call__(self, gradient: Tensor) -> Tensor:
        """P·gradient; both (1, 3, h, w) float32."""
        result = gradient.clone()
        size = gradient.shape[-2:]
        for octave in range(1, self._octaves):
            coarse = tuple(max(1, round(side / 2**octave)) for side in size)
            if min(coarse) < 2:
                break
            result += _enlarge(_enlarge_transposed(gradient, coarse), size)
        return result


def _enlarge(image: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def _enlarge_transposed(image: Tensor, coarse: tuple[int, ...]) -> Tensor:
    with torch.enable_grad():
        low = image.new_zeros((*image.shape[:2], *coarse), requires_grad=True)
        (result,) = torch.autograd.grad(_enlarge(low, image.shape[-2:]), low, image)
    return result
