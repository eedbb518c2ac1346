"""The colours that a style has at each lightness, and a picture painted in them.

Gram matrices hardly see slow changes of colour, so a minimiser leaves violet shadows even in the
style of an engraving. What people take for the style's palette is put right in what they see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from neural_style.engine.picture.recolour import least_map

_TO_YCBCR = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)
"""Lightness, and blue and red against it (ITU-R BT.601)."""

_LEAST_LIGHT, _LEAST_COLOUR = 1e-3, 1e-5
"""Added to variances: where there are about none, nothing is made of them."""

MOST_SPREAD = 1.5
"""How far colours are drawn apart at most: where there are hardly any, those are a grain."""

SAMPLED_PIXELS = 1 << 18
"""About so many pixels tell what the colours of a picture are."""
CHUNK_PIXELS = 1 << 18
"""Pixels that are changed at a time, so that a large picture needs no second one."""


@dataclass(frozen=True)
class Palette:
    """Colour as a linear function of lightness, and how it varies besides.

    Attributes:
        mean: (3, 1), lightness and the two colour differences.
        slope: (2, 1), of colour by lightness.
        rest: (2, 2), the covariance of colour that lightness does not explain.
    """

    mean: Tensor
    slope: Tensor
    rest: Tensor

    @classmethod
    def of(cls, image: Tensor) -> Palette:
        """Of (3, h, w) in [0, 1]; kept in float64 on the CPU."""
        height, width = image.shape[-2:]
        step = max(1, round((height * width / SAMPLED_PIXELS) ** 0.5))
        sample = image[:, ::step, ::step].detach().cpu().double().flatten(1)
        values = _basis() @ sample
        covariance = torch.cov(values)
        slope = covariance[1:, :1] / (covariance[0, 0] + _LEAST_LIGHT)
        rest = covariance[1:, 1:] - slope @ covariance[:1, 1:]
        rest = rest + _LEAST_COLOUR * torch.eye(2, dtype=rest.dtype)
        return cls(values.mean(1, keepdim=True), slope, (rest + rest.T) / 2)


Palettes: TypeAlias = tuple[tuple[Palette, float], ...]
"""Palettes with their shares, which sum to one."""


def paint_in(image: Tensor, palettes: Palettes, share: float) -> Tensor:
    """Move the image's colours towards the palettes'; its lightness stays, if it is in range.

    .. math:: c \\mapsto \\nu + \\beta (y - \\bar y) + A (c - \\mu - \\alpha (y - \\mu_y))

    where y is a pixel's lightness and c its colour, α, μ and β, ν the slope and mean of the image
    and of the palette, and A the linear map between the rests that moves them least
    (Monge–Kantorovich, as in
    :func:`neural_style.engine.picture.recolour.match_colours`) and not too far.

    Args:
        image: (3, h, w) in [0, 1]. It is changed in place.
        palettes: at least one, if the share is not nought.
        share: how much of the way, in [0, 1].

    Returns:
        ``image``.
    """
    own = Palette.of(image) if share else None
    if own is None or not own.rest.isfinite().all():
        return image
    linear, offset = torch.zeros(3, 3, dtype=torch.float64), torch.zeros(3, 1, dtype=torch.float64)
    for palette, weight in palettes:
        matrix = _map_between(own, palette)
        linear += weight * matrix
        offset += weight * (_arrival(own, palette) - matrix @ own.mean)
    basis, identity = _basis(), torch.eye(3, dtype=torch.float64)
    linear = torch.linalg.solve(basis, linear @ basis)
    linear = torch.lerp(identity, linear, share).to(image.device, image.dtype)
    offset = (share * torch.linalg.solve(basis, offset)).to(image.device, image.dtype)
    for rows in torch.split(image, max(1, CHUNK_PIXELS // image.shape[2]), 1):
        moved = torch.addmm(offset, linear, rows.reshape(3, -1))
        rows.copy_(moved.clamp_(0, 1).view(rows.shape))
    return image


def _map_between(own: Palette, palette: Palette) -> Tensor:
    """(3, 3): lightness stays, colour gets the palette's slope, its rest the palette's spread."""
    spread = _bounded(least_map(own.rest, palette.rest))
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[1:, :1] = palette.slope - spread @ own.slope
    matrix[1:, 1:] = spread
    return matrix


def _bounded(spread: Tensor) -> Tensor:
    """With no eigenvalue above :data:`MOST_SPREAD`."""
    values, vectors = torch.linalg.eigh(spread)
    result: Tensor = vectors @ torch.diag(values.clamp_max(MOST_SPREAD)) @ vectors.T
    return result


def _arrival(own: Palette, palette: Palette) -> Tensor:
    """(3, 1): where the image's mean goes, along the palette's slope."""
    lightness = own.mean[:1]
    colour = palette.mean[1:] + palette.slope @ (lightness - palette.mean[:1])
    return torch.cat([lightness, colour])


def _basis() -> Tensor:
    return torch.tensor(_TO_YCBCR, dtype=torch.float64)
