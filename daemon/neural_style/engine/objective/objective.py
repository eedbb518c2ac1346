"""The objective at one scale: an image in, the weighted losses and the gradient out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Tap, Vgg
from neural_style.engine.objective.style_memory import Grams, StyleMemory
from neural_style.engine.recipe import Recipe
from neural_style.engine.task import Losses
from neural_style.engine.terms import losses
from neural_style.engine.terms.gram import gram_matrix


@dataclass(frozen=True)
class Evaluation:
    """The losses at an image, and the gradient of their total: (1, 3, h, w) float32."""

    losses: Losses
    gradient: Tensor


@dataclass(frozen=True)
class WeightedStyle:
    """A style image, normalised (1, 3, h, w), and its share; shares sum to one."""

    image: Tensor
    share: float


class Objective:
    """What is minimised: content, style, variation and range terms with the recipe's weights.

    Several styles are compared through the mean of their Gram matrices, weighted by share. That
    has the same gradient as the weighted sum of their own losses, at the cost of one.
    """

    def __init__(
        self,
        vgg: Vgg,
        recipe: Recipe,
        content: Tensor,
        styles: Sequence[WeightedStyle],
        memory: StyleMemory | None = None,
    ) -> None:
        self._vgg = vgg
        self._memory = memory or StyleMemory()
        self._architecture = recipe.architecture
        self._of_styles = recipe.architecture.of_styles
        self._balance = balance = recipe.balance
        self._style_layers = [name for name, _ in balance.style]
        content_layers = [name for name, _ in balance.content]
        with torch.no_grad():
            self._grams = self._mean_grams(styles)
            # The content image comes first: a network that rounds fits itself to that one.
            self._stepping = vgg.for_steps()
            seen = self._stepping.features(
                content, [*content_layers, *self._style_layers], self._architecture
            )
            self._stepping.settle()
            self._contents = {name: seen[name] for name in content_layers}
        self._style = [weight * self._per_unit(self._grams[name]) for name, weight in balance.style]
        self._content = [
            weight * self._per_unit(self._contents[name]) for name, weight in balance.content
        ]
        self._taps: list[tuple[str, Tap]] = [
            (name, partial(losses.with_content_loss, target=self._contents[name]))
            for name, _ in balance.content
        ]
        self._taps += [
            (name, partial(losses.with_style_loss, target=self._grams[name]))
            for name, _ in balance.style
        ]

    def evaluate(self, image: Tensor) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised."""
        image = image.detach().requires_grad_(True)
        read = self._stepping.read(image, self._taps, self._architecture)
        content = _weighted(self._content, read[: len(self._content)], image)
        style = _weighted(self._style, read[len(self._content) :], image)
        variation = self._variation(image)
        total = content + style + variation
        if self._balance.range:
            total = total + self._balance.range * losses.range_penalty(image)
        (gradient,) = torch.autograd.grad(total, image)
        return Evaluation(
            Losses(content.item(), style.item(), variation.item(), total.item()), gradient
        )

    def _variation(self, image: Tensor) -> Tensor:
        variation = image.new_zeros(())
        if self._balance.total_variation:
            variation = variation + self._balance.total_variation * losses.total_variation(image)
        if self._balance.smoothness:
            variation = variation + self._balance.smoothness * losses.smooth_variation(image)
        return variation

    def _mean_grams(self, styles: Sequence[WeightedStyle]) -> dict[str, Tensor]:
        names = self._style_layers
        mean: dict[str, Tensor] = {}
        for style in styles:
            grams = self._memory.grams(
                self._vgg, style.image, names, self._of_styles, partial(self._grams_of, style)
            )
            for name in names:
                share = style.share * grams[name]
                mean[name] = mean[name] + share if name in mean else share
        return mean

    def _grams_of(self, style: WeightedStyle) -> Grams:
        taps = [(name, _gram_and_features) for name in self._style_layers]
        grams = self._vgg.read(style.image, taps, self._of_styles)
        return dict(zip(self._style_layers, grams, strict=True))

    def _per_unit(self, target: Tensor) -> float:
        if not self._balance.relative:
            return 1.0
        wide = target.to(torch.promote_types(target.dtype, torch.float32))
        return 1.0 / max(wide.square().mean().item(), 1e-12)


def _weighted(weights: Sequence[float], terms: Sequence[Tensor], image: Tensor) -> Tensor:
    """The terms' weighted sum; nought, on the image's device, if there are none."""
    weighted = (weight * term for weight, term in zip(weights, terms, strict=True))
    return sum(weighted, start=image.new_zeros(()))


def _gram_and_features(features: Tensor) -> tuple[Tensor, Tensor]:
    return gram_matrix(features), features
