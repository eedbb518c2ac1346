"""The measures of one stylised picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from .features import content_distance, patch_distance, style_distance
from .network import Network, load_network
from .surface import grain, photograph_left


@dataclass(frozen=True)
class Measures:
    """What is measured of a picture; less is better, except where something else is said.

    Attributes:
        style: Fréchet distance of the features to the style's; 0 for the style itself.
        patch: distance to the nearest patch, both ways; 0 for the style itself.
        content: difference of self-similarity from the photograph's; 0 for the photograph.
        grain: energy of fine grain in even areas over the style's; 1 is right.
        photograph_left: correlation of the finest detail with the photograph's; 1 for itself.
    """

    style: float
    patch: float
    content: float
    grain: float
    photograph_left: float


def judge(
    picture: Tensor, content: Tensor, style: Tensor, network: Network | None = None
) -> Measures:
    """Measure one picture.

    Figures compare only among pictures of one size, with the style at one size: the features of a
    finer picture are others.

    Args:
        picture: what was made, (3, h, w), float, sRGB in [0, 1].
        content: the photograph, of the same shape.
        style: the style image, (3, h*, w*), as large as its strokes are meant to be in the picture.
        network: the judge's; loaded once if not given.

    Raises:
        ValueError: the picture is not as large as the photograph.
    """
    if picture.shape != content.shape:
        raise ValueError(f"a picture of {tuple(picture.shape)} for one of {tuple(content.shape)}")
    network = network or load_network()
    seen, photograph, wanted = (network.features(each) for each in (picture, content, style))
    return Measures(
        style=style_distance(seen, wanted),
        patch=patch_distance(seen, wanted),
        content=content_distance(seen, photograph),
        grain=grain(picture, content, style),
        photograph_left=photograph_left(picture, content),
    )


def thumbnail(small: Tensor, large: Tensor, network: Network | None = None) -> float:
    """The style distance of a large result, reduced, to the same picture made small.

    Args:
        small: (3, h, w), float, sRGB in [0, 1]: for example a result at 512 pixels.
        large: (3, H, W): the result of the same settings at 2048 pixels.
    """
    network = network or load_network()
    size = small.shape[-2:]
    reduced = F.interpolate(large.unsqueeze(0), size, mode="bicubic", antialias=True)
    seen = network.features(reduced.squeeze(0).clamp(0, 1))
    return style_distance(seen, network.features(small))
