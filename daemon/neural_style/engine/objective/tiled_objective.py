"""The objective of a picture too large to be computed whole: same losses, same gradient.

The Gram matrix is a sum over positions. One pass over all tiles sums it; then its loss has a known
gradient D, with which the gradient at a feature layer is F·(D + Dᵀ)/(c·h·w) at every position,
and a second pass takes that back to the image (compare Galerne et al., *Scaling Painting Style
Transfer*, EGSR 2024, who do it with overlapping image tiles).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.tiles.vgg import TiledVgg, Window
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.objective import Evaluation, WeightedStyle
from neural_style.engine.objective.style_memory import Grams, StyleMemory
from neural_style.engine.recipe import Recipe
from neural_style.engine.task import Losses
from neural_style.engine.terms import losses
from neural_style.engine.terms.banded_losses import add_pixel_losses
from neural_style.engine.terms.gram import gram_sums, multiplied


class TiledObjective:
    """What :class:`neural_style.engine.objective.objective.Objective` is, in bounded memory.

    Args:
        content: the content image, normalised (1, 3, h, w).
        tiling: how the network is cut.
        check: called before every tile; an exception that it raises ends the computation.
    """

    def __init__(
        self,
        vgg: Vgg,
        recipe: Recipe,
        content: Tensor,
        styles: Sequence[WeightedStyle],
        tiling: Tiling,
        check: Callable[[], None] = lambda: None,
        memory: StyleMemory | None = None,
    ) -> None:
        self._balance = balance = recipe.balance

        of_styles = recipe.architecture.of_styles

        style_names = [name for name, _ in balance.style]
        content_names = [name for name, _ in balance.content]
        stepping = vgg.for_steps()
        layers = [*style_names, *content_names]
        self._network = TiledVgg(stepping, recipe.architecture, layers, tiling, check)
        known = memory or StyleMemory()

        def grams(image: Tensor) -> Grams:
            def compute() -> Grams:
                return _grams(TiledVgg(vgg, of_styles, style_names, tiling, check), image)

            return known.grams(vgg, image, style_names, of_styles, compute)

        self._grams: Grams = {}
        if style_names:
            self._grams = _mean([(style.share, grams(style.image)) for style in styles])
        # A network that rounds fits itself to the content image, before it rounds.
        self._contents = _features(self._network, content_names, content)
        stepping.settle()
        self._style = {
            name: weight * self._per_unit(self._grams[name]) for name, weight in balance.style
        }
        self._content = {
            name: weight * self._per_unit(self._contents[name]) for name, weight in balance.content
        }

    def evaluate(self, image: Tensor) -> Evaluation:
        """The losses and their gradient at ``image``: (1, 3, h, w) float32, normalised."""
        image = image.detach()
        grams = _GramSums(self._style)
        squares = dict.fromkeys(self._content, 0.0)

        def visit(name: str, features: Tensor, window: Window) -> None:
            if name in self._style:
                grams.add(name, features, window)
            if name in self._content:
                difference = _wide(features) - self._contents[name][window]
                squares[name] += difference.square().sum().item()

        done = self._network.forward(image, visit)
        style, gradients = self._style_gradients(grams)
        content = sum(
            weight * squares[name] / self._contents[name].numel()
            for name, weight in self._content.items()
        )

        def tap_gradient(name: str, features: Tensor, window: Window) -> Tensor:
            pulls = []
            if name in self._style:
                pulls.append(multiplied(features, gradients[name]))
            if name in self._content:
                target = self._contents[name]
                weight = 2 * self._content[name] / target.numel()
                pulls.append((features - target[window]).mul_(weight))
            return sum(pulls[1:], start=pulls[0])

        gradient = self._network.backward(done, tap_gradient)
        pixels = add_pixel_losses(image, self._balance, gradient)
        total = content + style + pixels.variation + pixels.range
        return Evaluation(Losses(content, style, pixels.variation, total), gradient)

    def _style_gradients(self, grams: _GramSums) -> tuple[float, dict[str, Tensor]]:
        """The style loss, and (D + Dᵀ)/(c·h·w) of every style layer."""
        total, gradients = 0.0, {}
        for name, weight in self._style.items():
            gram = grams.matrix(name).requires_grad_(True)
            loss = weight * losses.style_loss(gram, self._grams[name])
            (slope,) = torch.autograd.grad(loss, gram)
            gradients[name] = (slope + slope.T) / grams.elements(name)
            total += loss.item()
        return total, gradients

    def _per_unit(self, target: Tensor) -> float:
        if not self._balance.relative:
            return 1.0
        squares = sum(_wide(rows).square().sum().item() for rows in target.unbind(-2))
        return 1.0 / max(squares / target.numel(), 1e-12)


class _GramSums:
    """Gram matrices of one image's layers, summed over its tiles."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sums: dict[str, Tensor] = {}
        self._positions = dict.fromkeys(names, 0)

    def add(self, name: str, features: Tensor, _: Window) -> None:
        """Take in a tile's features: (1, c, h, w)."""
        product = gram_sums(features)
        self._sums[name] = self._sums[name] + product if name in self._sums else product
        self._positions[name] += features.numel() // features.shape[1]

    def matrix(self, name: str) -> Tensor:
        """(c, c), divided by the number of the layer's elements."""
        return self._sums[name] / self.elements(name)

    def elements(self, name: str) -> int:
        """c·h·w."""
        return self._positions[name] * len(self._sums[name])


def _grams(network: TiledVgg, image: Tensor) -> Grams:
    sums = _GramSums(network.layers)
    network.forward(image, sums.add, for_gradient=False)
    return {name: sums.matrix(name) for name in network.layers}


def _mean(grams: Sequence[tuple[float, Grams]]) -> Grams:
    return {
        name: torch.stack([share * matrices[name] for share, matrices in grams]).sum(0)
        for name in grams[0][1]
    }


def _features(network: TiledVgg, names: Sequence[str], image: Tensor) -> dict[str, Tensor]:
    """The whole maps of some of the network's layers, in its precision."""
    maps = network.empty_maps(names, image.shape)

    def visit(name: str, features: Tensor, window: Window) -> None:
        if name in maps:
            maps[name][window] = features

    network.forward(image, visit, for_gradient=False)
    return maps


def _wide(part: Tensor) -> Tensor:
    return part.to(torch.promote_types(part.dtype, torch.float32))
