"""The preconditioner of L-BFGS: larger steps at low spatial frequencies."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.minimise.enlarged_rows import enlarged_rows, gathered_rows
from neural_style.engine.share import Bands


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

    def __init__(
        self, octaves: int, colour: float, coarse: float, bands: Bands | None = None
    ) -> None:
        """``colour`` is C, the weight of single pixels in colour; ``coarse`` is W.

        ``bands`` are the rows of the picture that the gradients have; None is all of them.
        """
        self._bands = bands
        self._octaves = octaves
        self._colour = colour
        self._coarse = coarse

    def __call__(self, gradient: Tensor) -> Tensor:
        """P·gradient; both (1, 3, h, w) float32."""
        lightness = gradient.mean(1, keepdim=True)
        steps = torch.add(self.FINEST * lightness, gradient - lightness, alpha=self._colour)
        if self._bands is None or self._bands.are_one:
            return steps.add_(self._coarser(gradient, self._octaves - 1))
        return steps.add_(self._coarser_in_bands(gradient, self._bands, self._octaves - 1))

    def _coarser(self, gradient: Tensor, octaves: int) -> Tensor | float:
        """The contribution of the ``octaves`` coarser than the gradient's own."""
        size = gradient.shape[-2:]
        half = tuple(round(side / 2) for side in size)
        if octaves == 0 or min(half) < 2:
            return 0.0
        offsets = _enlarge_transposed(gradient, half)
        return _enlarge(self._coarse * offsets + self._coarser(offsets, octaves - 1), size)

    def _coarser_in_bands(self, gradient: Tensor, bands: Bands, octaves: int) -> Tensor | float:
        """The same for the own rows of the gradient."""
        height, width = (round(side / 2) for side in (bands.height, gradient.shape[-1]))
        if octaves == 0 or min(height, width) < 2:
            return 0.0
        half = bands.resized(height)
        # The columns first and last, so that fewer values are fetched.
        narrow = _enlarge_transposed(gradient, (gradient.shape[2], width))
        offsets = gathered_rows(narrow, bands, half)
        summed = self._coarse * offsets + self._coarser_in_bands(offsets, half, octaves - 1)
        return _enlarge(enlarged_rows(summed, half, bands), gradient.shape[-2:])


def _enlarge(image: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def _enlarge_transposed(image: Tensor, coarse: tuple[int, ...]) -> Tensor:
    if image.device.type == "cpu":
        shape = (*image.shape[:2], *coarse)
        result: Tensor = torch.ops.aten.upsample_bilinear2d_backward(
            image, image.shape[-2:], shape, align_corners=False
        )
        return result
    return _gathered(_gathered(image, 2, coarse[0]), 3, coarse[1])


def _gathered(image: Tensor, dimension: int, length: int) -> Tensor:
    """The transpose of enlarging from ``length`` along one dimension.

    A graphics card computes the library's transpose by adding in any order, so that the same seed
    would not give the same picture. Here each value is summed in one order.
    """
    fine = image.shape[dimension]
    coarse = torch.arange(length, device=image.device)
    nearest = torch.div((2 * coarse - 1) * fine - length, 2 * length, rounding_mode="floor")
    shape = [length if each == dimension else 1 for each in range(image.ndim)]
    total = torch.zeros_like(image.narrow(dimension, 0, length))
    for offset in range(-(-2 * fine // length) + 2):
        at = nearest + offset
        # In whole numbers, because positions in a large picture have too many digits for float32.
        distance = ((2 * at + 1) * length - (2 * coarse + 1) * fine).to(image.dtype) / (2 * fine)
        inside = torch.minimum(torch.maximum(distance, -coarse), length - 1 - coarse)
        weight = (1 - inside.abs()).clamp_min(0) * ((at >= 0) & (at < fine))
        values = image.index_select(dimension, at.clamp(0, fine - 1))
        total.addcmul_(values, weight.view(shape))
    return total
