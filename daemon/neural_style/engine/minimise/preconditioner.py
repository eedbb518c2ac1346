"""The preconditioner of L-BFGS: larger steps at low spatial frequencies."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class PyramidPreconditioner:
    """Treats the image as a sum of offsets at several octaves, in lightness and colour.

    Let x = x₀ + Σₖ Uₖ vₖ, where Uₖ is k bilinear enlargements by 2. Gradient descent in v is then
    gradient descent in x with the gradient multiplied by the symmetric positive definite
    Σₖ Uₖ Uₖᵀ, which weights structures by about the inverse square of their frequency.

    Measured with band-limited noise around a half-finished picture, the objective's curvature in
    *lightness* grows a hundredfold from the coarsest to the finest octave. In the two *colour* axes
    it is a tenth of that of the finest lightness, and falls only at the coarsest octaves. So

    .. math:: P = F L + C (I - L) + W \\sum_{k>0} U_k U_k^\\top

    where L projects every pixel to grey. Only P is applied, so no v is stored.
    """

    FINEST = 2.0
    """F: the weight of single pixels in lightness."""

    def __init__(self, octaves: int, colour: float, coarse: float) -> None:
        """``colour`` is C, the weight of single pixels in colour; ``coarse`` is W."""
        self._octaves = octaves
        self._colour = colour
        self._coarse = coarse

    def __call__(self, gradient: Tensor) -> Tensor:
        """P·gradient; both (1, 3, h, w) float32."""
        lightness = gradient.mean(1, keepdim=True)
        steps = torch.add(self.FINEST * lightness, gradient - lightness, alpha=self._colour)
        return steps.add_(self._coarser(gradient, self._octaves - 1))

    def _coarser(self, gradient: Tensor, octaves: int) -> Tensor | float:
        """The contribution of the ``octaves`` coarser than the gradient's own."""
        size = gradient.shape[-2:]
        half = tuple(round(side / 2) for side in size)
        if octaves == 0 or min(half) < 2:
            return 0.0
        offsets = _enlarge_transposed(gradient, half)
        return _enlarge(self._coarse * offsets + self._coarser(offsets, octaves - 1), size)


def _enlarge(image: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def _enlarge_transposed(image: Tensor, coarse: tuple[int, ...]) -> Tensor:
    shape = (*image.shape[:2], *coarse)
    result: Tensor = torch.ops.aten.upsample_bilinear2d_backward(
        image, image.shape[-2:], shape, align_corners=False
    )
    return result
