"""Another method for the same gradient, for comparison: tiles of the picture with wide margins.

Galerne et al. (*Scaling Painting Style Transfer*, EGSR 2024) cut the picture into blocks of 512
pixels with margins of 256. One forward pass over all blocks sums the Gram matrices. Then a forward
and a backward pass through each block give the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.terms.gram import gram_sums, multiply_channels

BLOCK, MARGIN = 512, 256


def style_gradient(
    vgg: Vgg, architecture: Architecture, image: Tensor, targets: Mapping[str, Tensor]
) -> Tensor:
    """The gradient at ``image`` of the mean squared differences to Gram matrices ``targets``."""
    sums = {name: torch.zeros_like(target) for name, target in targets.items()}
    elements = dict.fromkeys(targets, 0)
    for block in _blocks(image):
        with torch.no_grad():
            features = vgg.features(image[block.outer], targets, architecture)
        for name, whole in features.items():
            own = block.own(whole)
            sums[name] += gram_sums(own)
            elements[name] += own.numel()
    gram_gradients = {}
    for name, target in targets.items():
        difference = sums[name] / elements[name] - target
        gram_gradients[name] = 4 * difference / target.numel() / elements[name]
    gradient = torch.zeros_like(image)
    for block in _blocks(image):
        part = image[block.outer].detach().requires_grad_(True)
        features = vgg.features(part, targets, architecture)
        pulls = [
            multiply_channels(whole.detach(), gram_gradients[name])
            for name, whole in features.items()
        ]
        (pulled,) = torch.autograd.grad(list(features.values()), part, pulls)
        gradient[block.inner] = block.own(pulled)
    return gradient


class _Block:
    def __init__(self, image: Tensor, top: int, left: int) -> None:
        height, width = image.shape[-2:]
        self._top, self._left = min(top, MARGIN), min(left, MARGIN)
        bottom, right = min(height, top + BLOCK), min(width, left + BLOCK)
        self._size = bottom - top, right - left
        self.inner = (..., slice(top, bottom), slice(left, right))
        self.outer = (
            ...,
            slice(top - self._top, bottom + MARGIN),
            slice(left - self._left, right + MARGIN),
        )
        self._outer_height = min(height, bottom + MARGIN) - (top - self._top)

    def own(self, features: Tensor) -> Tensor:
        """The part of a layer's features that belongs to the block without its margins."""
        shrink = 1
        while features.shape[-2] < self._outer_height // shrink:
            shrink *= 2
        top, left = self._top // shrink, self._left // shrink
        height, width = (side // shrink for side in self._size)
        return features[..., top : top + height, left : left + width]


def _blocks(image: Tensor) -> Iterator[_Block]:
    height, width = image.shape[-2:]
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            yield _Block(image, top, left)
