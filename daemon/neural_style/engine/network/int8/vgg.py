"""VGG-19 in 8-bit integers, calibrated for pictures similar to one picture."""

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
    FeatureConvolution,
    GradientConvolution,
    Scratch,
    channel_max,
)
from neural_style.engine.network.int8.row_chunks import as_integers, relu_backward, row_chunks
from neural_style.engine.network.padding import (
    ALL_ROUND,
    Margins,
    Padding,
    fold_margins,
    padded,
    without_margins,
)
from neural_style.engine.network.vgg import Architecture, T, Vgg
from neural_style.engine.share import WHOLE as ALONE
from neural_style.engine.share import Share
from neural_style.weights.layers import CONVOLUTIONS

QUANTISED = CONVOLUTIONS[1:]
"""All but conv1_1: the image needs more precision than 8 bits."""


class QuantisableVgg(Vgg):
    """The network on a CPU with fast 8-bit integers; see :meth:`fitted_to`."""

    def __init__(
        self, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(tensors, device, dtype)
        self._gradients = {name: GradientConvolution(self.filters(name)[0]) for name in QUANTISED}

    def fitted_to(self, first_pass: Callable[[Vgg], T], share: Share = ALONE) -> tuple[Vgg, T]:
        """The network in 8-bit integers, calibrated on the picture that ``first_pass`` uses."""
        calibrating = _CalibratingVgg(self)
        result = first_pass(calibrating)
        scratch = Scratch()
        layers = {
            name: _Int8Layer(
                FeatureConvolution(*self.filters(name), share.largest(maxima)),
                self._gradients[name],
                scratch,
            )
            for name, maxima in calibrating.maxima.items()
        }
        return _Int8Vgg(self, layers), result


class _DerivedVgg(Vgg):
    """Another implementation of ``vgg``'s layers, with the same filters."""

    def __init__(self, vgg: Vgg) -> None:
        self.device, self.dtype = vgg.device, vgg.dtype
        self._filters = vgg._filters


class _CalibratingVgg(_DerivedVgg):
    """The unquantised network; it records the maximum of each layer's input channels."""

    def __init__(self, vgg: Vgg) -> None:
        super().__init__(vgg)
        self.maxima: dict[str, Tensor] = {}

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in QUANTISED:
            maxima, earlier = channel_max(x.detach()), self.maxima.get(name)
            self.maxima[name] = maxima if earlier is None else torch.maximum(maxima, earlier)
        return super().convolved(x, name, padding, margins)


class _Int8Vgg(_DerivedVgg):
    """The quantised network. Its features depend only on the picture.

    Args:
        layers: the quantised convolutions, by name.
    """

    def __init__(self, vgg: Vgg, layers: Mapping[str, _Int8Layer]) -> None:
        super().__init__(vgg)
        self._layers = layers

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in self._layers:
            return self._convolve(x, name, _LayerOptions(padding, margins))
        return super().convolved(x, name, padding, margins)

    def rectified(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name == CONVOLUTIONS[0]:
            weight, bias = self.filters(name)
            result: Tensor = _FirstConvolution.apply(
                x, weight, bias, _LayerOptions(padding, margins)
            )
            return result
        if name in self._layers:
            return self._convolve(x, name, _LayerOptions(padding, margins, rectified=True))
        return super().rectified(x, name, padding, margins)

    def pooled(
        self, x: Tensor, name: str, architecture: Architecture, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name in self._layers and architecture.pooling == "max":
            options = _LayerOptions(architecture.padding, margins, rectified=True, pooled=True)
            return self._convolve(x, name, options)
        return super().pooled(x, name, architecture, margins)

    def _convolve(self, x: Tensor, name: str, options: _LayerOptions) -> Tensor:
        result: Tensor = _Int8Convolution.apply(x, self._layers[name], options)
        return result


@dataclass(frozen=True)
class _Int8Layer:
    features: FeatureConvolution
    gradients: GradientConvolution
    scratch: Scratch


@dataclass(frozen=True)
class _LayerOptions:
    """A layer's padding, and the operations after its convolution."""

    padding: Padding
    margins: Margins
    rectified: bool = False
    pooled: bool = False


class _Int8Convolution(torch.autograd.Function):
    """A convolution and the operations after it; forward and backward in integers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: _Int8Layer, options: _LayerOptions) -> Tensor:
        result = layer.features(
            x, options.padding, options.margins, layer.scratch, options.rectified
        )
        ctx.layer, ctx.options = layer, options
        if options.pooled:
            pooled = max_pool(result)
            ctx.save_for_backward(pooled.maxima, pooled.upper, pooled.left)
            ctx.height = pooled.height
            return pooled.maxima
        ctx.save_for_backward(result if options.rectified else None)
        return result

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None]:
        layer: _Int8Layer = ctx.layer
        options: _LayerOptions = ctx.options
        rectified, pooled = None, None
        if options.pooled:
            maxima, upper, left = ctx.saved_tensors
            pooled = Pooled(maxima, upper, left, ctx.height)
        else:
            (rectified,) = ctx.saved_tensors
        gradient = layer.gradients(
            grad_output, options.padding, options.margins, layer.scratch, rectified, pooled
        )
        return gradient, None, None


class _FirstConvolution(torch.autograd.Function):
    """The first convolution and its ReLU, not quantised; the backward pass is one pass."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, options: _LayerOptions
    ) -> Tensor:
        finite = math.isfinite(x.sum(dtype=torch.float32).item())
        x, inner = padded(x, options.padding, options.margins)
        result = F.conv2d(x, weight, bias, padding=inner)
        torch.relu_(as_integers(result))
        if not finite:
            result.fill_(math.nan)  # as integers, NaNs may be negative, and the ReLU removes them
        ctx.save_for_backward(result, weight)
        ctx.options = options
        return result

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        result, weight = ctx.saved_tensors
        options: _LayerOptions = ctx.options
        colours = weight.shape[1]
        # oneDNN takes as long for three channels as for sixteen. So one matrix product computes
        # each position's contribution to its 9 neighbours, and these are added there.
        taps = weight.permute(2, 3, 1, 0).reshape(9 * colours, -1)
        _, _, height, width = grad_output.shape
        gradient = torch.zeros(colours, height + 2, width + 2, device=grad_output.device)
        top = 0
        for upstream, activations in row_chunks(grad_output, result):
            before = relu_backward(upstream, activations).flatten(0, 1)
            shares = (taps @ before.T).view(3, 3, colours, len(upstream), width)
            for row in range(3):
                for column in range(3):
                    place = gradient[:, top + row :, column:]
                    place[:, : len(upstream), :width] += shares[row, column]
            top += len(upstream)
        framed = gradient.unsqueeze(0).to(grad_output.dtype)
        if options.padding == "zeros":
            return without_margins(framed, options.margins), None, None, None
        return fold_margins(framed, options.padding, options.margins), None, None, None
