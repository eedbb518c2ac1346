"""Conversion of the protocol's pictures to the engine's tensors and back; alpha is separate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from neural_style_protocol.pixels import Picture, PictureSpec

_NUMPY_TYPES: dict[str, np.dtype[Any]] = {"u8": np.dtype(np.uint8), "f32": np.dtype("<f4")}


@dataclass(frozen=True)
class Planes:
    """Colours (3, height, width) and alpha (1, height, width) or None; float32 in [0, 1]."""

    colour: Tensor
    alpha: Tensor | None


def planes_of(picture: Picture) -> Planes:
    """The planes of a picture with 3 or 4 channels.

    Colours with zero alpha are invisible and arbitrary. They are replaced by the nearest visible
    colours, so that they do not affect the result.
    """
    samples = _samples(picture)
    if picture.channels == 3:
        return Planes(samples, None)
    colour, alpha = samples[:3], samples[3:4]
    return Planes(_fill_hidden(colour, alpha), alpha)


def mask_of(picture: Picture) -> Tensor:
    """The mask (1, height, width) of a picture with one channel."""
    return _samples(picture)


def picture_of(colour: Tensor, alpha: Tensor | None, dtype: str) -> Picture:
    """The picture of ``colour``, (3, height, width), clamped to [0, 1], as ``u8`` or ``f32``.

    ``alpha``, if given, is resized to ``colour`` and added as the fourth channel.
    """
    planes = colour.detach().float().cpu()
    if alpha is not None:
        planes = torch.cat([planes, _resized(alpha, planes.shape[-2:])])
    planes = planes.clamp(0, 1)
    samples = planes.permute(1, 2, 0).contiguous()
    if dtype == "u8":
        samples = (samples * 255).round().to(torch.uint8)
    channels, height, width = planes.shape
    spec = PictureSpec(width, height, channels, dtype)
    return Picture(spec, samples.numpy().astype(_NUMPY_TYPES[dtype], copy=False).tobytes())


def _samples(picture: Picture) -> Tensor:
    flat = np.frombuffer(picture.data, _NUMPY_TYPES[picture.dtype])
    array = flat.reshape(picture.height, picture.width, picture.channels).astype(np.float32)
    if picture.dtype == "u8":
        array /= 255
    # Float layers may have values outside [0, 1], and NaN; the engine needs [0, 1].
    array = np.nan_to_num(array, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    return torch.from_numpy(array).permute(2, 0, 1).clamp(0, 1).contiguous()


def _resized(plane: Tensor, size: torch.Size) -> Tensor:
    if plane.shape[-2:] == size:
        return plane
    return F.interpolate(plane[None], size, mode="bilinear", antialias=True, align_corners=False)[0]


def _fill_hidden(colour: Tensor, alpha: Tensor) -> Tensor:
    """Pull-push: halve the picture until nothing is hidden, then fill holes from the halves."""
    if bool((alpha > 0).all()):
        return colour
    if not bool((alpha > 0).any()):
        return torch.full_like(colour, 0.5)
    return _pull_push(colour * alpha, alpha)


def _pull_push(weighted: Tensor, weight: Tensor) -> Tensor:
    known = weighted / weight.clamp_min(1e-6)
    if bool((weight > 0).all()) or max(weight.shape[-2:]) == 1:
        return known
    half_weighted, half_weight = (
        F.avg_pool2d(plane[None], 2, ceil_mode=True)[0] for plane in (weighted, weight)
    )
    coarse = _pull_push(half_weighted, half_weight)
    filled = _resized(coarse, weight.shape[-2:])
    return torch.where(weight > 0, known, filled)
