"""The colours of a style at each lightness, and their transfer to a picture.

Gram matrices are insensitive to slow changes of colour, so a minimiser can leave violet shadows
even in the style of an engraving. The palette is therefore corrected in the picture that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from neural_style.engine.picture.colour_map import ColourMap, mixed
from neural_style.engine.picture.recolour import moments, optimal_map
from neural_style.engine.share import Bands, whole

_TO_YCBCR = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)
"""Lightness, and the blue and red colour differences (ITU-R BT.601)."""

_LEAST_LIGHT, _LEAST_COLOUR = 1e-3, 1e-5
"""Added to variances, so that variances near zero have no effect."""

MOST_SPREAD = 1.5
"""The largest factor by which colours are spread; more would amplify noise in grey pictures."""

SAMPLED_PIXELS = 1 << 18
"""Approximate number of pixels from which a palette is computed."""


@dataclass(frozen=True)
class Palette:
    """Colour as a linear function of lightness, and its residual covariance.

    Attributes:
        mean: (3, 1), of lightness and the two colour differences.
        slope: (2, 1), the regression of colour on lightness.
        residual: (2, 2), the covariance of colour that lightness does not explain.
    """

    mean: Tensor
    slope: Tensor
    residual: Tensor

    @classmethod
    def of(cls, image: Tensor, bands: Bands | None = None) -> Palette:
        """The palette of (3, h, w) in [0, 1], in float64 on the CPU.

        ``bands`` are the rows of the picture that ``image`` has; None is all of them.
        """
        bands = bands or whole(image.shape[-2])
        step = max(1, round((bands.height * image.shape[-1] / SAMPLED_PIXELS) ** 0.5))
        first = -bands.own.start % step
        sample = image[:, first::step, ::step].detach().cpu().double().flatten(1)
        values = _basis() @ sample
        mean, covariance = moments(values, bands.share)
        slope = covariance[1:, :1] / (covariance[0, 0] + _LEAST_LIGHT)
        residual = covariance[1:, 1:] - slope @ covariance[:1, 1:]
        residual = residual + _LEAST_COLOUR * torch.eye(2, dtype=residual.dtype)
        return cls(mean, slope, (residual + residual.T) / 2)


Palettes: TypeAlias = tuple[tuple[Palette, float], ...]
"""Palettes with their shares, which sum to one."""


def apply_palettes(
    image: Tensor, palettes: Palettes, share: float, bands: Bands | None = None
) -> Tensor:
    """Move the image's colours towards the palettes'. Lightness changes only by clamping to [0, 1].

    .. math:: c \\mapsto \\nu + \\beta (y - \\bar y) + A (c - \\mu - \\alpha (y - \\mu_y))

    y is a pixel's lightness and c its colour. α, μ and β, ν are the slope and mean of the image
    and of the palette. A is the optimal linear map between the residual covariances
    (Monge–Kantorovich, as in :func:`neural_style.engine.picture.recolour.match_colours`), its
    eigenvalues clamped to at most :data:`MOST_SPREAD`.

    Args:
        image: (3, h, w) in [0, 1]. It is modified in place.
        palettes: at least one, if ``share`` is not zero.
        share: how far to move the colours, in [0, 1].
        bands: the rows of the picture that ``image`` has; None for all of them.

    Returns:
        ``image``.
    """
    found = palette_map(image, palettes, share, bands)
    return image if found is None else found.within_range(image)


def palette_map(
    image: Tensor, palettes: Palettes, share: float, bands: Bands | None = None
) -> ColourMap | None:
    """The map by which :func:`apply_palettes` moves the image's colours; None if it does nothing.

    Args:
        image, palettes, share, bands: see :func:`apply_palettes`; nothing is modified.
    """
    own = Palette.of(image, bands) if share else None
    if own is None or not own.residual.isfinite().all():
        return None
    in_ycbcr = mixed([(_towards(own, palette), weight) for palette, weight in palettes])
    basis = _basis()
    linear = torch.linalg.solve(basis, in_ycbcr.linear @ basis)
    return ColourMap(linear, torch.linalg.solve(basis, in_ycbcr.offset)).blended(share)


def _towards(own: Palette, palette: Palette) -> ColourMap:
    """The map to one palette, of lightness and the two colour differences."""
    matrix = _map_between(own, palette)
    return ColourMap(matrix, _target_mean(own, palette) - matrix @ own.mean)


def _map_between(own: Palette, palette: Palette) -> Tensor:
    """(3, 3): keeps lightness; gives colour the palette's slope and residual covariance."""
    spread = _bounded(optimal_map(own.residual, palette.residual))
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[1:, :1] = palette.slope - spread @ own.slope
    matrix[1:, 1:] = spread
    return matrix


def _bounded(spread: Tensor) -> Tensor:
    """``spread`` with its eigenvalues clamped to at most :data:`MOST_SPREAD`."""
    values, vectors = torch.linalg.eigh(spread)
    result: Tensor = vectors @ torch.diag(values.clamp_max(MOST_SPREAD)) @ vectors.T
    return result


def _target_mean(own: Palette, palette: Palette) -> Tensor:
    """(3, 1): the target of the image's mean, on the palette's regression line."""
    lightness = own.mean[:1]
    colour = palette.mean[1:] + palette.slope @ (lightness - palette.mean[:1])
    return torch.cat([lightness, colour])


def _basis() -> Tensor:
    return torch.tensor(_TO_YCBCR, dtype=torch.float64)
