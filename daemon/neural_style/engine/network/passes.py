"""A way through the network and back, whole or in tiles: what both have in common.

On the way in, each layer that is wanted is *visited*, part by part. On the way back, the gradient
of the loss at those parts is asked for, and taken on to the image.
"""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

Window: TypeAlias = tuple[EllipsisType, slice, slice]
"""Index of some rows and columns of a map."""

WHOLE: Window = (..., slice(None), slice(None))
"""All rows and columns."""

Visit: TypeAlias = Callable[[str, Tensor, Window], None]
"""Told a layer's name, its features (1, c, h, w) in a window, and that window; windows of one
layer cover its map once."""


class TapGradient(Protocol):
    """The gradient of the loss at a layer's features."""

    def __call__(
        self, layer: str, features: Tensor, window: Window, upstream: Tensor | None
    ) -> Tensor:
        """The gradient at ``features``, (1, c, h, w), which lie in ``window`` of the layer's map.

        Args:
            upstream: another gradient at these features, to be added; it may be changed.
        """


class Passes(Protocol):
    """The network for pictures of one kind, ready to go in and back."""

    def forward(self, image: Tensor, visit: Visit, *, for_gradient: bool = True) -> Any:
        """Visit the layers of ``image``: (1, 3, h, w), any floating type.

        Returns:
            what :meth:`backward` needs.
        """

    def backward(self, recorded: Any, tap_gradient: TapGradient) -> Tensor:
        """The gradient at the image, (1, 3, h, w) in the image's type. ``recorded`` is used up."""


class PendingGradient:
    """Where the taps of one pass find the gradient of the loss once it is known."""

    def __init__(self) -> None:
        self.gradient: TapGradient | None = None


def attach_tap(
    features: Tensor,
    layer: str,
    pending: PendingGradient,
    part: Window = WHOLE,
    window: Window = WHOLE,
) -> tuple[Tensor, Tensor]:
    """The features for what follows them in the network, and a root of the way back.

    Args:
        features: (1, c, h, w) of the layer, with a graph.
        part: those that are read. The rest is a tile's halo.
        window: where that part lies in the layer's whole map.

    Returns:
        the features, and a zero whose gradient, one, starts this layer's share of the way back.
    """
    output, root = _Tap.apply(features, layer, pending, part, window)
    return output, root


class _Tap(torch.autograd.Function):
    """Passes features on; on the way back, adds the loss's gradient to what comes back."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        layer: str,
        pending: PendingGradient,
        part: Window,
        window: Window,
    ) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(features)
        ctx.layer, ctx.pending, ctx.part, ctx.window = layer, pending, part, window
        return features.detach(), features.new_zeros(())

    @staticmethod
    def backward(
        ctx: Any, upstream: Tensor | None, _root: Tensor | None
    ) -> tuple[Tensor, None, None, None, None]:
        (features,) = ctx.saved_tensors
        gradient = ctx.pending.gradient
        if ctx.part == WHOLE:
            return gradient(ctx.layer, features, ctx.window, upstream), None, None, None, None
        # Nothing follows the deepest layer.
        whole = torch.zeros_like(features) if upstream is None else upstream
        whole[ctx.part] += gradient(ctx.layer, features[ctx.part], ctx.window, None)
        return whole, None, None, None, None
