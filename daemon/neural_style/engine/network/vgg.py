"""VGG-19's convolutional part as a function from an image to its feature layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.layers import LAST_OF_BLOCKS, LAYERS, rectified
from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding, padded
from neural_style.weights.layers import CONVOLUTIONS
from neural_style_protocol.errors import WeightsError

Pooling: TypeAlias = Literal["max", "average"]


@dataclass(frozen=True)
class Architecture:
    """What a recipe may change in the network: how borders are padded and maps are pooled."""

    padding: Padding = "zeros"
    pooling: Pooling = "max"

    @property
    def for_styles(self) -> Architecture:
        """How style images are looked at: they do not repeat even where the result does."""
        return replace(self, padding="replicate") if self.padding == "circular" else self


Tap: TypeAlias = Callable[[str, Tensor], Tensor]
"""Told a layer's name and its features; gives the features that the network goes on with."""

T = TypeVar("T")


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
        """The wanted feature layers of one image.

        Args:
            image: (1, 3, h, w) in normalised values, any floating type.
            layers: names from :data:`~neural_style.engine.network.layers.LAYERS`.

        Returns:
            (1, c, h', w') by name, in the network's precision; h' and w' halve, rounded down, at
            each of the poolings before conv2_1, conv3_1, conv4_1 and conv5_1.
        """
        found: dict[str, Tensor] = {}

        def keep(layer: str, features: Tensor) -> Tensor:
            found[layer] = features
            return features

        self.walk(image, layers, keep, architecture)
        return found

    def walk(
        self,
        image: Tensor,
        layers: Iterable[str],
        tap: Tap,
        architecture: Architecture = Architecture(),
    ) -> None:
        """Go through the network, no deeper than the last of ``layers``, and tap each of them.

        Args:
            image: (1, 3, h, w) in normalised values, any floating type.
            layers: names from :data:`~neural_style.engine.network.layers.LAYERS`.
        """
        remaining = set(layers)
        if unknown := remaining.difference(LAYERS):
            raise ValueError(f"no such layers: {sorted(unknown)}")

        def read(layer: str, x: Tensor) -> Tensor:
            if layer not in remaining:
                return x
            remaining.discard(layer)
            return tap(layer, x)

        # In this order: the other way is several times as slow on a processor.
        x = image.contiguous(memory_format=torch.channels_last).to(self.device, self.dtype)
        for name in CONVOLUTIONS:
            after = rectified(name)
            if name in LAST_OF_BLOCKS and not {name, after} & remaining:
                x = self.pooled(x, name, architecture)
                continue
            if name in remaining:
                x = F.relu(read(name, self.convolved(x, name, architecture.padding)))
            else:
                x = self.rectified(x, name, architecture.padding)
            x = read(after, x)
            if not remaining:
                break
            if name in LAST_OF_BLOCKS:
                x = pool(x, architecture.pooling)

    def empty_map(self, channels: int, size: tuple[int, int]) -> Tensor:
        """An uninitialised map, (1, channels, height, width), as the network lays them out."""
        return torch.empty(
            (1, channels, *size),
            dtype=self.dtype,
            device=self.device,
            memory_format=torch.channels_last,
        )

    def filters(self, name: str) -> tuple[Tensor, Tensor]:
        """Weights (c, c', 3, 3) and biases (c,) of the convolution called ``name``."""
        return self._filters[name]

    def fitted_to(self, look: Callable[[Vgg], T]) -> tuple[Vgg, T]:
        """The network for many pictures like one, and what ``look`` gave, which looks at that one.

        A network that rounds chooses its levels by that picture.

        Args:
            look: is given a network that does not round.
        """
        return self, look(self)

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        """The convolution called ``name``; (1, c', h, w) to (1, c, h, w) with margins all round."""
        weight, bias = self._filters[name]
        x, inner = padded(x, padding, margins)
        return F.conv2d(x, weight, bias, padding=inner)

    def rectified(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        """The same, rectified."""
        # In place: one pass less through memory.
        return F.relu(self.convolved(x, name, padding, margins), inplace=True)

    def pooled(
        self, x: Tensor, name: str, architecture: Architecture, margins: Margins = ALL_ROUND
    ) -> Tensor:
        """The same, rectified and pooled."""
        return pool(self.rectified(x, name, architecture.padding, margins), architecture.pooling)


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
