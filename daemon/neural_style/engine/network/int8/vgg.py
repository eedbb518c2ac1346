"""VGG-19 whose evaluations near one another are computed in 8-bit integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.pooling import Pooled, max_pool
from neural_style.engine.network.int8.product import (
    FeatureProduct,
    GradientProduct,
    Scratch,
    channel_reach,
)
from neural_style.engine.network.int8.row_chunks import bits, passing, pieces
from neural_style.engine.network.padding import (
    ALL_ROUND,
    Margins,
    Padding,
    fold_margins,
    padded,
    without_margins,
)
from neural_style.engine.network.vgg import Architecture, T, Vgg
from neural_style.weights.layers import CONVOLUTIONS

QUANTISED = CONVOLUTIONS[1:]
"""The image itself, which conv1_1 sees, has more digits than 8 bits hold."""


class QuantisableVgg(Vgg):
    """The network on a processor with quick 8-bit integers; see :meth:`fitted_to`."""

    def __init__(
        self, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(tensors, device, dtype)
        self._gradients = {name: GradientProduct(self.filters(name)[0]) for name in QUANTISED}

    def fitted_to(self, first_pass: Callable[[Vgg], T]) -> tuple[Vgg, T]:
        """The same network in 8-bit integers, with levels for pictures like the one looked at."""
        measuring = _MeasuringVgg(self)
        seen = first_pass(measuring)
        scratch = Scratch()
        layers = {
            name: _Layer(FeatureProduct(*self.filters(name), reach), self._gradients[name], scratch)
            for name, reach in measuring.reach.items()
        }
        return _SteppingVgg(self, layers), seen


class _LikeVgg(Vgg):
    """Another way to compute the layers of ``vgg``, with its filters."""

    def __init__(self, vgg: Vgg) -> None:
        self.device, self.dtype = vgg.device, vgg.dtype
        self._filters = vgg._filters


class _MeasuringVgg(_LikeVgg):
    """The network without rounding, which notes how large each channel of each input becomes."""

    def __init__(self, vgg: Vgg) -> None:
        super().__init__(vgg)
        self.reach: dict[str, Tensor] = {}

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in QUANTISED:
            reach, known = channel_reach(x.detach()), self.reach.get(name)
            self.reach[name] = reach if known is None else torch.maximum(reach, known)
        return super().convolved(x, name, padding, margins)


class _SteppingVgg(_LikeVgg):
    """The network for pictures like one another: features are a function of each alone.

    Args:
        layers: the products of the convolutions that are computed in integers.
    """

    def __init__(self, vgg: Vgg, layers: Mapping[str, _Layer]) -> None:
        super().__init__(vgg)
        self._layers = layers

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in self._layers:
            return self._product(x, name, _Following(padding, margins))
        return super().convolved(x, name, padding, margins)

    def rectified(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name == CONVOLUTIONS[0]:
            weight, bias = self.filters(name)
            result: Tensor = _OfImage.apply(x, weight, bias, _Following(padding, margins))
            return result
        if name in self._layers:
            return self._product(x, name, _Following(padding, margins, rectified=True))
        return super().rectified(x, name, padding, margins)

    def pooled(
        self, x: Tensor, name: str, architecture: Architecture, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in self._layers and architecture.pooling == "max":
            following = _Following(architecture.padding, margins, rectified=True, pooled=True)
            return self._product(x, name, following)
        return super().pooled(x, name, architecture, margins)

    def _product(self, x: Tensor, name: str, following: _Following) -> Tensor:
        result: Tensor = _Product.apply(x, self._layers[name], following)
        return result


@dataclass(frozen=True)
class _Layer:
    features: FeatureProduct
    gradients: GradientProduct
    scratch: Scratch


@dataclass(frozen=True)
class _Following:
    """How a layer is padded, and what follows its convolution."""

    padding: Padding
    margins: Margins
    rectified: bool = False
    pooled: bool = False


class _Product(torch.autograd.Function):
    """A convolution and what follows it, both ways in integers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: _Layer, how: _Following) -> Tensor:
        result = layer.features(x, how.padding, how.margins, layer.scratch, how.rectified)
        ctx.layer, ctx.how = layer, how
        if how.pooled:
            pooled = max_pool(result)
            ctx.save_for_backward(pooled.maxima, pooled.upper, pooled.left)
            ctx.height = pooled.height
            return pooled.maxima
        ctx.save_for_backward(result if how.rectified else None)
        return result

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None]:
        layer: _Layer = ctx.layer
        how: _Following = ctx.how
        rectified, pooled = None, None
        if how.pooled:
            maxima, upper, left = ctx.saved_tensors
            pooled = Pooled(maxima, upper, left, ctx.height)
        else:
            (rectified,) = ctx.saved_tensors
        gradient = layer.gradients(
            grad_output, how.padding, how.margins, layer.scratch, rectified, pooled
        )
        return gradient, None, None


class _OfImage(torch.autograd.Function):
    """The first convolution, rectified, without rounding; its way back is one pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, how: _Following) -> Tensor:
        known = math.isfinite(x.sum(dtype=torch.float32).item())
        x, inner = padded(x, how.padding, how.margins)
        result = F.conv2d(x, weight, bias, padding=inner)
        torch.relu_(bits(result))
        if not known:
            result.fill_(math.nan)  # which may be taken for negative, and rectified
        ctx.save_for_backward(result, weight)
        ctx.how = how
        return result

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        result, weight = ctx.saved_tensors
        how: _Following = ctx.how
        colours = weight.shape[1]
        # The library's kernels take as long for three channels as for sixteen. So one product
        # gives what each position has from each of its 9 neighbours, and those are moved there.
        taps = weight.permute(2, 3, 1, 0).reshape(9 * colours, -1)
        _, _, height, width = grad_output.shape
        gradient = torch.zeros(colours, height + 2, width + 2, device=grad_output.device)
        top = 0
        for values, passed in pieces(grad_output, result):
            before = passing(values, passed).flatten(0, 1)
            shares = (taps @ before.T).view(3, 3, colours, len(values), width)
            for row in range(3):
                for column in range(3):
                    place = gradient[:, top + row :, column:]
                    place[:, : len(values), :width] += shares[row, column]
            top += len(values)
        framed = gradient.unsqueeze(0).to(grad_output.dtype)
        if how.padding == "zeros":
            return without_margins(framed, how.margins), None, None, None
        return fold_margins(framed, how.padding, how.margins), None, None, None
