"""Keeps the gradients of a network in float16 within the range of that type."""

from __future__ import annotations

import math

import torch

FACTOR_PER_PIXEL = 16.0
"""The gradients at a layer shrink as the picture grows. Multiplied by its pixels, those of VGG-19
are 0.01 to 3 on average, and the largest was 700, at the image. Float16 ends at 65504, and rounds
more below 0.00006."""

REDUCTION = 2.0**-8
"""What is left of the scale after a gradient that was not finite."""
LEAST = REDUCTION**2
"""A gradient that is not finite with this share of the usual scale either needs float32."""


class LossScale:
    """The power of two by which the losses are multiplied in the backward pass.

    After a gradient that is too large it is reduced, and then doubled with each gradient that is
    finite, until it is what it was.

    Args:
        dtype: the network's. In any other than float16 the scale is 1.
        pixels: of the picture.
    """

    def __init__(self, dtype: torch.dtype, pixels: int) -> None:
        self.is_needed = dtype == torch.float16
        self._usual = 2.0 ** round(math.log2(FACTOR_PER_PIXEL * pixels)) if self.is_needed else 1.0
        self._share = 1.0

    @property
    def value(self) -> float:
        """The scale to use now."""
        return self._usual * self._share

    def raise_again(self) -> None:
        """Note that the gradient was finite."""
        self._share = min(1.0, 2 * self._share)

    def reduce(self) -> bool:
        """Note that the gradient was not finite; False if a smaller scale is no help."""
        if not self.is_needed or self._share <= LEAST:
            return False
        self._share = max(LEAST, self._share * REDUCTION)
        return True
