"""VGG-19 whose layers with many channels are computed with fewer multiplications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.network.winograd.product import WinogradConvolution
from neural_style.weights.layers import CONVOLUTIONS

FEWEST_CHANNELS = 128
"""Below, the transforms cost as much as they save."""


class WinogradVgg(Vgg):
    """The network on a CPU, in float32 or wider. It differs from others by rounding alone."""

    def __init__(
        self, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(tensors, device, dtype)
        self._convolutions = {
            name: WinogradConvolution(self.filters(name)[0])
            for name in CONVOLUTIONS
            if min(self.filters(name)[0].shape[:2]) >= FEWEST_CHANNELS
        }

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        if name not in self._convolutions:
            return super().convolved(x, name, padding, margins)
        result: Tensor = WinogradLayer.apply(
            x, self._convolutions[name], self.filters(name)[1], padding, margins
        )
        return result


class WinogradLayer(torch.autograd.Function):
    """A convolution without its ReLU."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        convolution: WinogradConvolution,
        bias: Tensor,
        padding: Padding,
        margins: Margins,
    ) -> Tensor:
        ctx.convolution, ctx.padding, ctx.margins = convolution, padding, margins
        return convolution.features(x, bias, padding, margins)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None, None, None]:
        gradient = ctx.convolution.gradient(grad_output, ctx.padding, ctx.margins)
        return gradient, None, None, None, None
