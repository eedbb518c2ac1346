"""The forward and backward pass through the network: what whole pictures and tiles share.

The forward pass *visits* the requested layers, part by part. The backward pass asks for the
loss's gradient at those parts and propagates it to the image.
"""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

Window: TypeAlias = tuple[EllipsisType, slice, slice]
"""An index of some rows and columns of a map."""

WHOLE: Window = (..., slice(None), slice(None))
"""All rows and columns."""

Visit: TypeAlias = Callable[[str, Tensor, Window], None]
"""Called with a layer's name, its features (1, c, h, w) in a window, and that window. The windows
of a layer cover its map exactly once."""


class TapGradient(Protocol):
    """Computes the gradient of the loss at a layer's features."""

    def __call__(
        self, layer: str, features: Tensor, window: Window, upstream: Tensor | None
    ) -> Tensor:
        """The gradient at ``features``, (1, c, h, w), the part of the layer's map in ``window``.

        Args:
            upstream: another gradient at these features, to be added; it may be modified.
        """


class Passes(Protocol):
    """The network's forward and backward pass, for pictures of one kind."""

    def forward(self, image: Tensor, visit: Visit, *, for_gradient: bool = True) -> Any:
        """Visit the layers of ``image``: (1, 3, h, w), any floating type.

        Returns:
            What :meth:`backward` needs.
        """

    def backward(self, recorded: Any, tap_gradient: TapGradient) -> Tensor:
        """The gradient at the image, (1, 3, h, w) in the image's type.

        Args:
            recorded: from :meth:`forward`; it can be used only once.
        """


class PendingGradient:
    """Holds the loss's gradient for the taps of one pass; it is set before the backward pass."""

    def __init__(self) -> None:
        self.gradient: TapGradient | None = None


def attach_tap(
    features: Tensor,
    layer: str,
    pending: PendingGradient,
    part: Window = WHOLE,
    window: Window = WHOLE,
) -> tuple[Tensor, Tensor]:
    """Add the loss's gradient to ``features`` in the backward pass.

    Args:
        features: (1, c, h, w) of the layer, with a graph.
        part: the part that the loss reads. The rest is a tile's halo.
        window: the position of that part in the layer's whole map.

    Returns:
        The features, and a root: a zero scalar. Backpropagating a gradient of one from the root
        makes the backward pass include this layer.
    """
    output, root = _Tap.apply(features, layer, pending, part, window)
    return output, root


class _Tap(torch.autograd.Function):
    """The identity; its backward pass adds the loss's gradient to the upstream gradient."""

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
        # The deepest layer has no upstream gradient.
        whole = torch.zeros_like(features) if upstream is None else upstream
        whole[ctx.part] += gradient(ctx.layer, features[ctx.part], ctx.window, None)
        return whole, None, None, None, None
