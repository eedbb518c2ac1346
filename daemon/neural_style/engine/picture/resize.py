"""Resampling without aliasing."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

Size = tuple[int, int]
"""(height, width) in pixels."""


def size_of(image: Tensor) -> Size:
    """(height, width) of an image or a map, (…, h, w)."""
    return image.shape[-2], image.shape[-1]


def resize(image: Tensor, size: Size) -> Tensor:
    """(…, c, h, w) float to (…, c, *size), bicubic; antialiased when shrinking.

    Bicubic kernels overshoot, so values may leave the input's range slightly.
    """
    if tuple(image.shape[-2:]) == size:
        return image
    if image.device.type == "mps":  # PyTorch 2.6 and 2.7 cannot do it there
        return resize(image.cpu(), size).to(image.device)
    batched = image.reshape(-1, *image.shape[-3:])
    resized = F.interpolate(batched, size=size, mode="bicubic", align_corners=False, antialias=True)
    return resized.reshape(*image.shape[:-2], *size)


def resize_as_textbook(pixels: Tensor, size: Size) -> Tensor:
    """Like ``torchvision.transforms.Resize`` on an 8-bit picture: bilinear, antialiased.

    Args:
        pixels: (3, h, w) float32 in [0, 1]; rounded to 256 levels before and after.
    """
    eight_bit = (pixels.clamp(0, 1) * 255).round().to(torch.uint8).unsqueeze(0)
    resized = F.interpolate(
        eight_bit, size=size, mode="bilinear", align_corners=False, antialias=True
    )
    return resized.squeeze(0).to(pixels.dtype) / 255
