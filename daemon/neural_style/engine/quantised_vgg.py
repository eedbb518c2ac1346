"""VGG-19 whose evaluations near one another are computed in 8-bit integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.quantised_product import FeatureProduct, GradientProduct, Scratch
from neural_style.engine.vgg import Padding, Vgg, padded
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
        self._layers: dict[str, _Layer] = {}

    def _rectified(self, x: Tensor, name: str, padding: Padding) -> Tensor:
        if name not in QUANTISED:
            return super()._rectified(x, name, padding)
        x, inner = padded(x, padding)
        if name in self._layers:
            result: Tensor = _Rectified.apply(x, self._layers[name])
            return result
        weight, bias = self.filters(name)
        features = FeatureProduct(weight, bias, inner, sample=x.detach())
        self._layers[name] = _Layer(features, self._gradients[name], inner, self._scratch)
        return F.relu(F.conv2d(x, weight, bias, padding=inner), inplace=True)


@dataclass(frozen=True)
class _Layer:
    features: FeatureProduct
    gradients: GradientProduct
    padding: int
    scratch: Scratch


class _Rectified(torch.autograd.Function):
    """A convolution and its rectification, both ways in integers."""

    @staticmethod
    def forward(context: Any, x: Tensor, layer: _Layer) -> Tensor:
        result = layer.features(x, layer.scratch)
        context.save_for_backward(result)
        context.layer = layer
        return result

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None]:
        (result,) = context.saved_tensors
        layer: _Layer = context.layer
        return layer.gradients(slope, result, layer.padding, layer.scratch), None
