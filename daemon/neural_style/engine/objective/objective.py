"""The objective at one scale: an image in, the weighted losses and their gradient out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.passes import Passes, Window
from neural_style.engine.objective.comparison import Comparison
from neural_style.engine.share import Bands, totals, whole
from neural_style.engine.terms.base import PixelTerm
from neural_style.engine.terms.pixel import add_pixel_losses


@dataclass(frozen=True)
class Evaluation:
    """The losses at an image and their gradient, on the image's device.

    Attributes:
        names: the terms' names, in order.
        values: the weighted losses, (n,) float32 or wider.
        gradient: of their total, (1, 3, h, w) float32.
    """

    names: tuple[str, ...]
    values: Tensor
    gradient: Tensor

    @property
    def losses(self) -> Losses:
        """The losses by name, for which the processor waits."""
        return self.named(self.values.tolist())

    def named(self, values: Sequence[float]) -> Losses:
        """The losses by name, from the numbers in ``values`` that were read from the device."""
        losses: dict[str, float] = {}
        for name, loss in zip(self.names, values, strict=True):
            losses[name] = losses.get(name, 0.0) + loss
        return Losses(losses)


class Objective:
    """What is minimised: the sum of the recipe's terms.

    The forward pass sums each term's statistic over the parts of the picture. The losses follow
    from the sums, and so do the terms' pulls, which the backward pass needs for the gradient
    (compare Galerne et al., *Scaling Painting Style Transfer*, EGSR 2024, who use overlapping tiles
    of the image). The result is the same for one part and for many.

    Args:
        passes: the network, whole or in tiles.
        comparisons: the feature terms with their targets; a layer may have several.
        pixel_terms: the terms of the picture's own values.
        band_pixels: pixels in a band of rows, for the pixel terms.
        bands: the rows of the picture that this process has; None for all of them.
    """

    def __init__(
        self,
        passes: Passes,
        comparisons: Sequence[Comparison],
        pixel_terms: Sequence[PixelTerm],
        band_pixels: int,
        bands: Bands | None = None,
    ) -> None:
        self._passes = passes
        self._comparisons = comparisons
        self._pixel_terms = pixel_terms
        self._band_pixels = band_pixels
        self._bands = bands
        self._by_layer: dict[str, list[int]] = {}
        for place, comparison in enumerate(comparisons):
            self._by_layer.setdefault(comparison.term.layer, []).append(place)
        self._names = tuple(each.term.name for each in comparisons) + tuple(
            term.name for term in pixel_terms
        )

    def evaluate(self, image: Tensor, loss_scale: float = 1.0) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised.

        Where several processes share the picture, ``image`` and the gradient are this one's rows.

        Args:
            loss_scale: a power of two by which everything is multiplied in the backward pass
                through the network, and divided afterwards.
        """
        image = image.detach()
        bands = self._bands or whole(image.shape[-2])
        comparisons = [comparison.scaled(loss_scale) for comparison in self._comparisons]
        sums: dict[int, Tensor] = {}

        def visit(layer: str, features: Tensor, window: Window) -> None:
            for place in self._by_layer[layer]:
                part = comparisons[place].statistic(features, window)
                sums[place] = sums[place] + part if place in sums else part

        recorded = self._passes.forward(image, visit)
        size = bands.height, image.shape[-1]
        losses, pulls = _losses_and_pulls(comparisons, totals(bands.share, sums), size)

        def tap_gradient(
            layer: str, features: Tensor, window: Window, upstream: Tensor | None
        ) -> Tensor:
            for place in reversed(self._by_layer[layer]):
                upstream = comparisons[place].gradient_at(features, window, pulls[place], upstream)
            assert upstream is not None  # only layers with a term are tapped
            return upstream

        gradient = self._passes.backward(recorded, tap_gradient)
        if loss_scale != 1:
            gradient /= loss_scale
            losses = [loss / loss_scale for loss in losses]
        losses += add_pixel_losses(image, self._pixel_terms, gradient, self._band_pixels, bands)
        return Evaluation(self._names, _together(losses, image), gradient)


def _losses_and_pulls(
    comparisons: Sequence[Comparison], sums: Mapping[int, Tensor], size: tuple[int, int]
) -> tuple[list[Tensor], list[Any]]:
    losses, pulls = [], []
    for place, comparison in enumerate(comparisons):
        elements = LAYERS[comparison.term.layer].elements(size)
        loss, pull = comparison.value_and_pull(sums[place], elements)
        losses.append(loss)
        pulls.append(pull)
    return losses, pulls


def _together(losses: Sequence[Tensor], image: Tensor) -> Tensor:
    """The losses in one tensor, so that they can be read at once."""
    if not losses:
        return image.new_zeros(0)
    return torch.stack([loss.to(losses[0].dtype) for loss in losses])
