"""VGG-19 whose evaluations near one another are computed in 8-bit integers."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    within,
)
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.weights.layers import CONVOLUTIONS

QUANTISED = CONVOLUTIONS[1:]
"""The image itself, which conv1_1 sees, has more digits than 8 bits hold."""


class QuantisableVgg(Vgg):
    """The network on a processor with quick 8-bit integers; see :meth:`for_steps`."""

    def __init__(
        self, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(tensors, device, dtype)
        self._gradients = {name: GradientProduct(self.filters(name)[0]) for name in QUANTISED}

    def for_steps(self) -> Vgg:
        """The same network with rounded factors, fitted to the first picture that it sees.

        That one is looked at without rounding.
        """
        return _SteppingVgg(self, self._gradients)


class _SteppingVgg(Vgg):
    """The network for pictures like one another: features are a function of each alone."""

    def __init__(self, vgg: Vgg, gradients: Mapping[str, GradientProduct]) -> None:
        self.device, self.dtype = vgg.device, vgg.dtype
        self._filters = vgg._filters
        self._gradients = gradients
        self._scratch = Scratch()
        self._reach: dict[str, Tensor] = {}
        self._layers: dict[str, _Layer] = {}

    def settle(self) -> None:
        """Fit the products to all that was seen so far."""
        for name, reach in self._reach.items():
            features = FeatureProduct(*self.filters(name), reach)
            self._layers[name] = _Layer(features, self._gradients[name], self._scratch)

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in self._layers:
            return self._product(x, name, _Following(padding, margins))
        self._measure(x, name)
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

    def _measure(self, x: Tensor, name: str) -> None:
        if name not in QUANTISED:
            return
        reach, known = channel_reach(x.detach()), self._reach.get(name)
        self._reach[name] = reach if known is None else torch.maximum(reach, known)

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
    def forward(context: Any, x: Tensor, layer: _Layer, how: _Following) -> Tensor:
        result = layer.features(x, how.padding, how.margins, layer.scratch, how.rectified)
        context.layer, context.how = layer, how
        if how.pooled:
            pooled = max_pool(result)
            context.save_for_backward(pooled.maxima, pooled.upper, pooled.left)
            context.height = pooled.height
            return pooled.maxima
        context.save_for_backward(result if how.rectified else None)
        return result

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        layer: _Layer = context.layer
        how: _Following = context.how
        rectified, pooled = None, None
        if how.pooled:
            maxima, upper, left = context.saved_tensors
            pooled = Pooled(maxima, upper, left, context.height)
        else:
            (rectified,) = context.saved_tensors
        gradient = layer.gradients(
            slope, how.padding, how.margins, layer.scratch, rectified, pooled
        )
        return gradient, None, None


class _OfImage(torch.autograd.Function):
    """The first convolution, rectified, without rounding; its way back is one pass."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor, how: _Following) -> Tensor:
        known = math.isfinite(x.sum(dtype=torch.float32).item())
        x, inner = padded(x, how.padding, how.margins)
        result = F.conv2d(x, weight, bias, padding=inner)
        torch.relu_(bits(result))
        if not known:
            result.fill_(math.nan)  # which may be taken for negative, and rectified
        context.save_for_backward(result, weight)
        context.how = how
        return result

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None, None, None]:
        result, weight = context.saved_tensors
        how: _Following = context.how
        colours = weight.shape[1]
        # The library's kernels take as long for three channels as for sixteen. So one product
        # gives what each position has from each of its 9 neighbours, and those are moved there.
        taps = weight.permute(2, 3, 1, 0).reshape(9 * colours, -1)
        _, _, height, width = slope.shape
        gradient = torch.zeros(colours, height + 2, width + 2, device=slope.device)
        top = 0
        for values, passed in pieces(slope, result):
            before = passing(values, passed).flatten(0, 1)
            shares = (taps @ before.T).view(3, 3, colours, len(values), width)
            for row in range(3):
                for column in range(3):
                    place = gradient[:, top + row :, column:]
                    place[:, : len(values), :width] += shares[row, column]
            top += len(values)
        framed = gradient.unsqueeze(0).to(slope.dtype)
        if how.padding == "zeros":
            return within(framed, how.margins), None, None, None
        return fold_margins(framed, how.padding, how.margins), None, None, None
