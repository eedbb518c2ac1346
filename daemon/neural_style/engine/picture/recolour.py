"""Restores the content's colours, during a run or afterwards."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from neural_style.engine.picture.colour_map import ColourMap
from neural_style.engine.share import WHOLE, Share

PreserveColour: TypeAlias = Literal["off", "luminance", "histogram"]

_LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in Y of YIQ."""


def recolour(image: Tensor, content: Tensor, mode: PreserveColour, share: Share = WHOLE) -> Tensor:
    """The picture with the content's colours (Gatys et al. 2016, *Preserving Color*).

    ``luminance`` keeps the picture's luminance and takes both colour differences from the content,
    pixel by pixel. ``histogram`` gives the picture's colours the content's mean and covariance, by
    the optimal linear map (Monge–Kantorovich).

    Args:
        image, content: (3, h, w) in [0, 1], of the same size.
        share: of the processes that have the other rows of both.

    Returns:
        (3, h, w) in [0, 1]; ``image`` itself when ``mode`` is ``off``.
    """
    if mode == "luminance":
        return (content + luminance(image) - luminance(content)).clamp(0, 1)
    if mode == "histogram":
        return match_colours(image, content, share, share).clamp(0, 1)
    return image


def luminance(image: Tensor) -> Tensor:
    """Y of YIQ: (1, h, w)."""
    weights = torch.cat([image.new_full((1, 1, 1), weight) for weight in _LUMINANCE])
    return (image * weights).sum(0, keepdim=True)


def match_colours(
    image: Tensor, target: Tensor, share: Share = WHOLE, of_target: Share = WHOLE
) -> Tensor:
    """``image`` with the mean and covariance of ``target``'s colours, by the optimal linear map.

    .. math:: x \\mapsto A (x - \\mu) + \\nu, \\quad
        A = \\Sigma^{-1/2} (\\Sigma^{1/2} T \\Sigma^{1/2})^{1/2} \\Sigma^{-1/2}

    Args:
        image, target: (3, h, w), of any sizes.
        share, of_target: of the processes that have the other rows of each.
    """
    return colour_match(image, target, share, of_target).on(image)


def colour_match(
    image: Tensor, target: Tensor, share: Share = WHOLE, of_target: Share = WHOLE
) -> ColourMap:
    """The map of :func:`match_colours`."""
    # To the CPU first, because an Apple GPU has no float64.
    colours, wanted = image.flatten(1).cpu().double(), target.flatten(1).cpu().double()
    mean, covariance = moments(colours, share)
    wanted_mean, wanted_covariance = moments(wanted, of_target)
    linear = optimal_map(_regular(covariance), _regular(wanted_covariance))
    return ColourMap(linear, wanted_mean - linear @ mean)


def moments(values: Tensor, share: Share) -> tuple[Tensor, Tensor]:
    """The mean (c, 1) and the covariance (c, c) of all processes' values, (c, n) each."""
    if share.count == 1:
        return values.mean(1, keepdim=True), torch.cov(values)
    sums = torch.cat((values.sum(1), values.new_tensor([values.shape[1]])))
    *summed, count = share.total(sums)
    mean = torch.stack(summed)[:, None] / count
    away = values - mean
    return mean, share.total(away @ away.T) / (count - 1)


def _regular(covariance: Tensor) -> Tensor:
    """In case colours vary by less than about a level of 255."""
    return covariance + 1e-5 * torch.eye(3, dtype=covariance.dtype)


def optimal_map(covariance: Tensor, wanted: Tensor) -> Tensor:
    """The A of :func:`match_colours`, from one covariance to another (Monge–Kantorovich)."""
    root, inverse = _power(covariance, 0.5), _power(covariance, -0.5)
    return inverse @ _power(root @ wanted @ root, 0.5) @ inverse


def _power(covariance: Tensor, exponent: float) -> Tensor:
    """The power of a symmetric positive semi-definite matrix."""
    values, vectors = torch.linalg.eigh(covariance)
    result: Tensor = vectors @ torch.diag(values.clamp_min(1e-12) ** exponent) @ vectors.T
    return result
