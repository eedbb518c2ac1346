"""What needs no network: grain in even areas, and how much of the photograph's surface is left."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LUMA = (0.2126, 0.7152, 0.0722)
FLATTEST = 0.1
WINDOW = 9
TAPS = 15
INVISIBLE = (1 / 255) ** 2
"""One grey level, squared: below that an area counts as quite even."""


def luminance(pixels: Tensor) -> Tensor:
    """(1, 1, h, w) float64: the Rec. 709 sum of (3, h, w) in [0, 1], without linearising."""
    weights = torch.tensor(LUMA, dtype=torch.float64)
    return torch.einsum("c,chw->hw", weights, pixels.double())[None, None]


def grain(picture: Tensor, content: Tensor, style: Tensor) -> float:
    """(E + ε) / (E* + ε): 1 if even areas are as fine-grained as the style's.

    E is the mean square of what lies above ¼ cycle/pixel in the picture, over the tenth where the
    photograph is flattest; E* the style's over its own flattest tenth; ε one grey level, squared.

    Args:
        picture: (3, h, w) in [0, 1].
        content: the photograph, of the same size.
        style: (3, h*, w*).
    """
    own = _energy_above_quarter(picture)[flattest(content)].mean()
    other = _energy_above_quarter(style)[flattest(style)].mean()
    return float((own + INVISIBLE) / (other + INVISIBLE))


def flattest(pixels: Tensor) -> Tensor:
    """(h, w) bool: the tenth of the positions with the least variance in a 9 × 9 window."""
    values = luminance(pixels)
    padded = F.pad(torch.cat((values, values.square())), (WINDOW // 2,) * 4, mode="reflect")
    mean, mean_of_squares = F.avg_pool2d(padded, WINDOW, stride=1).squeeze(1)
    variance = mean_of_squares - mean.square()
    return variance <= variance.flatten().kthvalue(math.ceil(variance.numel() * FLATTEST)).values


def _energy_above_quarter(pixels: Tensor) -> Tensor:
    """(h, w): the square of the luminance less what a half-band low-pass filter lets through."""
    values = luminance(pixels)
    return (values - _separably(values, _half_band())).square()[0, 0]


def _half_band() -> Tensor:
    """A windowed sinc of :data:`TAPS` taps with its edge at ¼ cycle/pixel, of sum 1."""
    place = torch.arange(TAPS, dtype=torch.float64) - TAPS // 2
    taps = torch.sinc(place / 2) * torch.hann_window(TAPS + 2, False, dtype=torch.float64)[1:-1]
    return taps / taps.sum()


def photograph_left(picture: Tensor, content: Tensor) -> float:
    """The correlation of the finest Laplacian bands of two (3, h, w); 1 for the photograph.

    The band is the luminance less its blur by the binomial (1 4 6 4 1)/16 in both directions (Burt
    and Adelson 1983). 0 where a band is empty.
    """
    own, other = (_finest_band(pixels).flatten() for pixels in (picture, content))
    own, other = own - own.mean(), other - other.mean()
    lengths = own.norm() * other.norm()
    return float(own @ other / lengths) if lengths > 0 else 0.0


def _finest_band(pixels: Tensor) -> Tensor:
    values = luminance(pixels)
    binomial = torch.tensor((1, 4, 6, 4, 1), dtype=torch.float64) / 16
    return values - _separably(values, binomial)


def _separably(values: Tensor, taps: Tensor) -> Tensor:
    """``values``, (1, 1, h, w), filtered along both directions; the edges reflect."""
    padded = F.pad(values, (len(taps) // 2,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(padded, taps.view(1, 1, -1, 1)), taps.view(1, 1, 1, -1))
