"""VGG-19's convolutional part as a function from an image to its feature layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from neural_style.weights.layers import CONVOLUTIONS
from neural_style_protocol.errors import WeightsError

Padding: TypeAlias = Literal["zeros", "replicate", "circular"]
Pooling: TypeAlias = Literal["max", "average"]

LAYERS: tuple[str, ...] = CONVOLUTIONS + tuple(
    name.replace("conv", "relu") for name in CONVOLUTIONS
)
"""Every layer that can be read: ``conv4_1`` before, ``relu4_1`` after rectification."""


@dataclass(frozen=True)
class Architecture:
    """What a recipe may change in the network: how borders are padded and maps are pooled."""

    padding: Padding = "zeros"
    pooling: Pooling = "max"

    @property
    def of_styles(self) -> Architecture:
        """How style images are looked at: they do not repeat even where the result does."""
        return replace(self, padding="replicate") if self.padding == "circular" else self


class Vgg:
    """VGG-19 (Simonyan & Zisserman 2015) up to conv5_1, in one precision on one device.

    Half precision runs in the channels-last memory format, which is several times faster on
    CPUs with bfloat16 instructions; single precision does not care.
    """

    def __init__(
        self, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
    ) -> None:
        self.device = device
        self.dtype = dtype
        self._filters = {
            name: (
                tensors[f"{name}.weight"].to(device, dtype, memory_format=torch.channels_last),
                tensors[f"{name}.bias"].to(device, dtype),
            )
            for name in CONVOLUTIONS
        }

    def features(
        self, image: Tensor, layers: Iterable[str], architecture: Architecture = Architecture()
    ) -> dict[str, Tensor]:
        """The wanted feature layers of one image, computed no deeper than the last of them.

        Args:
            image: (1, 3, h, w) in normalised values, any floating type.
            layers: names from :data:`LAYERS`.

        Returns:
            (1, c, h', w') by name, in the network's precision; h' and w' halve, rounded down, at
            each of the poolings before conv2_1, conv3_1, conv4_1 and conv5_1.
        """
        wanted = set(layers)
        if unknown := wanted.difference(LAYERS):
            raise ValueError(f"no such layers: {sorted(unknown)}")
        found: dict[str, Tensor] = {}
        x = image.to(self.device, self.dtype, memory_format=torch.channels_last)
        for name in CONVOLUTIONS:
            if name.endswith("_1") and name != "conv1_1":
                x = pool(x, architecture.pooling)
            if name in wanted:
                x = self._convolve(x, name, architecture.padding)
                found[name] = x
                x = F.relu(x)
            else:
                x = self._rectified(x, name, architecture.padding)
            rectified = name.replace("conv", "relu")
            if rectified in wanted:
                found[rectified] = x
            if len(found) == len(wanted):
                break
        return found

    def filters(self, name: str) -> tuple[Tensor, Tensor]:
        """Weights (c, c', 3, 3) and biases (c,) of the convolution called ``name``."""
        return self._filters[name]

    def for_steps(self) -> Vgg:
        """The network for many pictures like the first that it will see; it may round."""
        return self

    def _rectified(self, x: Tensor, name: str, padding: Padding) -> Tensor:
        # In place: one pass less through memory.
        return F.relu(self._convolve(x, name, padding), inplace=True)

    def _convolve(self, x: Tensor, name: str, padding: Padding) -> Tensor:
        weight, bias = self._filters[name]
        x, inner = padded(x, padding)
        return F.conv2d(x, weight, bias, padding=inner)


def padded(x: Tensor, padding: Padding) -> tuple[Tensor, int]:
    """What a convolution is given, and how many noughts it is to add on each side itself."""
    if padding == "zeros":
        return x, 1
    return F.pad(x, (1, 1, 1, 1), mode=padding), 0


def pool(x: Tensor, pooling: Pooling) -> Tensor:
    """Half the size, rounded down."""
    return F.max_pool2d(x, 2) if pooling == "max" else F.avg_pool2d(x, 2)


def load_weights(path: Path) -> dict[str, Tensor]:
    """The filters of a converted weights file, mapped into memory, not read.

    Raises:
        WeightsError: the file is missing, or is not such a file.
    """
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, safetensors.SafetensorError) as problem:
        raise WeightsError(f"The weights file {path} cannot be read: {problem}.") from problem
    missing = [name for name in CONVOLUTIONS if f"{name}.weight" not in tensors]
    if missing:
        raise WeightsError(f"The weights file {path} has no {missing[0]}.")
    return tensors
