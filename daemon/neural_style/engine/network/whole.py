"""The forward and backward pass for a picture that is computed whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.network.passes import (
    WHOLE,
    PendingGradient,
    TapGradient,
    Visit,
    attach_tap,
)
from neural_style.engine.network.vgg import Architecture, Vgg


@dataclass(frozen=True)
class WholePass:
    """A forward pass: the image as the graph's leaf, and the roots of the backward pass."""

    leaf: Tensor
    roots: Sequence[Tensor]
    pending: PendingGradient


class WholeVgg:
    """Implements :class:`~neural_style.engine.network.passes.Passes` for whole pictures.

    Args:
        layers: the layers to visit.
    """

    def __init__(self, vgg: Vgg, architecture: Architecture, layers: Sequence[str]) -> None:
        self._vgg = vgg
        self._architecture = architecture
        self._layers = layers

    def forward(self, image: Tensor, visit: Visit, *, for_gradient: bool = True) -> WholePass:
        """See :class:`~neural_style.engine.network.passes.Passes`."""
        leaf = image.detach().requires_grad_(for_gradient)
        roots: list[Tensor] = []
        pending = PendingGradient()

        def tap(layer: str, features: Tensor) -> Tensor:
            visit(layer, features.detach(), WHOLE)
            if not for_gradient:
                return features
            output, root = attach_tap(features, layer, pending)
            roots.append(root)
            return output

        with torch.set_grad_enabled(for_gradient):
            self._vgg.walk(leaf, self._layers, tap, self._architecture)
        return WholePass(leaf, roots, pending)

    def backward(self, recorded: WholePass, tap_gradient: TapGradient) -> Tensor:
        """See :class:`~neural_style.engine.network.passes.Passes`."""
        recorded.pending.gradient = tap_gradient
        (gradient,) = torch.autograd.grad(
            list(recorded.roots), recorded.leaf, [torch.ones_like(root) for root in recorded.roots]
        )
        return gradient.contiguous()
