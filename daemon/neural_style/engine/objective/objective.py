"""The objective at one scale: an image in, the weighted losses and their gradient out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.passes import Passes, Window
from neural_style.engine.objective.comparison import Comparison
from neural_style.engine.terms.base import PixelTerm
from neural_style.engine.terms.pixel import add_pixel_losses


@dataclass(frozen=True)
class Evaluation:
    """The losses at an image, and the gradient of their total: (1, 3, h, w) float32."""

    losses: Losses
    gradient: Tensor


class Objective:
    """What is minimised: the sum of the recipe's terms.

    It goes through the network twice. On the way in, each term's statistic is summed over the
    parts of the picture; from the sums follow the losses and what pulls at the features, with which
    the way back gives the gradient (compare Galerne et al., *Scaling Painting Style Transfer*, EGSR
    2024, who do this with overlapping tiles of the image). Whether there is one part or many is for
    ``passes`` to know: the result is the same.

    Args:
        passes: the network, whole or in tiles.
        comparisons: of features, several at a layer if there are.
        pixel_terms: of the picture's own values.
        band_pixels: of the bands in which the pixel terms are computed.
    """

    def __init__(
        self,
        passes: Passes,
        comparisons: Sequence[Comparison],
        pixel_terms: Sequence[PixelTerm],
        band_pixels: int,
    ) -> None:
        self._passes = passes
        self._comparisons = comparisons
        self._pixel_terms = pixel_terms
        self._band_pixels = band_pixels
        self._at: dict[str, list[int]] = {}
        for place, comparison in enumerate(comparisons):
            self._at.setdefault(comparison.layer, []).append(place)
        self._names = [each.name for each in comparisons] + [t.name for t in pixel_terms]

    def evaluate(self, image: Tensor) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised."""
        image = image.detach()
        sums: dict[int, Tensor] = {}

        def visit(layer: str, features: Tensor, window: Window) -> None:
            for place in self._at[layer]:
                part = self._comparisons[place].statistic(features, window)
                sums[place] = sums[place] + part if place in sums else part

        done = self._passes.forward(image, visit)
        losses, pulls = self._losses_and_pulls(sums, image.shape)

        def tap_gradient(
            layer: str, features: Tensor, window: Window, passed: Tensor | None
        ) -> Tensor:
            for place in reversed(self._at[layer]):
                comparison = self._comparisons[place]
                passed = comparison.gradient_at(features, window, pulls[place], passed)
            assert passed is not None  # only layers with a term are tapped
            return passed

        gradient = self._passes.backward(done, tap_gradient)
        losses += add_pixel_losses(image, self._pixel_terms, gradient, self._band_pixels)
        return Evaluation(self._named(losses), gradient)

    def _losses_and_pulls(
        self, sums: dict[int, Tensor], shape: torch.Size
    ) -> tuple[list[Tensor], list[Any]]:
        losses, pulls = [], []
        for place, comparison in enumerate(self._comparisons):
            elements = LAYERS[comparison.layer].elements((shape[-2], shape[-1]))
            loss, pull = comparison.value_and_pull(sums[place], elements)
            losses.append(loss)
            pulls.append(pull)
        return losses, pulls

    def _named(self, losses: Sequence[Tensor]) -> Losses:
        """The losses by name; all are read from the device at once."""
        named: dict[str, float] = {}
        if losses:
            wide = torch.stack([loss.to(losses[0].dtype) for loss in losses])
            for name, loss in zip(self._names, wide.tolist(), strict=True):
                named[name] = named.get(name, 0.0) + loss
        return Losses(named)
