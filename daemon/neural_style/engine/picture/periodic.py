"""Makes a picture periodic, so that its opposite edges match, without blur or seams."""

from __future__ import annotations

import torch
from torch import Tensor


def periodic_component(pixels: Tensor) -> Tensor:
    """The periodic component of a picture.

    The picture is the sum of a periodic component p and a smooth component s, whose Laplacian is
    zero except at the edges. Only slow changes of lightness and colour are removed; details stay
    (Moisan, *Periodic plus Smooth Image Decomposition*, 2011):

    .. math:: \\hat s_{qr} = \\frac{\\hat v_{qr}}{2 \\cos(2\\pi q / h) + 2 \\cos(2\\pi r / w) - 4},
              \\qquad p = u - s

    Args:
        pixels: (c, h, w), any range, a real floating type.

    Returns:
        (c, h, w) with the same mean; values may leave the range by the difference of the edges.
    """
    return torch.stack([_without_jumps(plane) for plane in pixels])


def _without_jumps(plane: Tensor) -> Tensor:
    height, width = plane.shape
    jumps = torch.zeros_like(plane)
    rows, columns = plane[-1] - plane[0], plane[:, -1] - plane[:, 0]
    jumps[0] += rows
    jumps[-1] -= rows
    jumps[:, 0] += columns
    jumps[:, -1] -= columns
    down = torch.fft.fftfreq(height, device=plane.device, dtype=plane.dtype)
    along = torch.fft.rfftfreq(width, device=plane.device, dtype=plane.dtype)
    # sin², because 2·cos - 2 loses precision at low frequencies.
    laplacian = -4 * (
        torch.sin(torch.pi * down).square()[:, None] + torch.sin(torch.pi * along).square()
    )
    laplacian[0, 0] = 1.0  # the jumps have no mean
    spectrum = torch.fft.rfft2(jumps) / laplacian
    smooth: Tensor = torch.fft.irfft2(spectrum, s=(height, width))
    return plane - smooth
