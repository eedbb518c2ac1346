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
from neural_style.engine.share import WHOLE as ALONE
from neural_style.engine.share import Share
from neural_style.weights.layers import CONVOLUTIONS
from neural_style_protocol.errors import WeightsError
from neural_style_protocol.phrases import reason

Pooling: TypeAlias = Literal["max", "average"]


@dataclass(frozen=True)
class Architecture:
    """The network's padding and pooling, which a recipe may change."""

    padding: Padding = "zeros"
    pooling: Pooling = "max"

    @property
    def for_styles(self) -> Architecture:
        """The architecture for style images, which do not repeat even if the result does."""
        return replace(self, padding="replicate") if self.padding == "circular" else self


Tap: TypeAlias = Callable[[str, Tensor], Tensor]
"""Called with a layer's name and its features; returns the features to continue with."""

T = TypeVar("T")


class Vgg:
    """VGG-19 (Simonyan & Zisserman 2015) up to conv5_1, in one precision on one device.

    It uses the channels-last memory format. In half precision that is several times faster on CPUs
    with bfloat16 instructions; in single precision it makes no difference.
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
        """The requested feature layers of one image.

        Args:
            image: (1, 3, h, w) in normalised values, any floating type.
            layers: names from :data:`~neural_style.engine.network.layers.LAYERS`.

        Returns:
            (1, c, h', w') by name, in the network's precision. The poolings before conv2_1,
            conv3_1, conv4_1 and conv5_1 each halve h' and w', rounded down.
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
        """Run the network down to the deepest of ``layers``, and call ``tap`` on each of them.

        Args:
            image: (1, 3, h, w) in normalised values, any floating type.
            layers: names from :data:`~neural_style.engine.network.layers.LAYERS`.

        Raises:
            ValueError: a name is not one of these.
        """
        remaining = set(layers)
        if unknown := remaining.difference(LAYERS):
            raise ValueError(f"no such layers: {sorted(unknown)}")

        def read(layer: str, x: Tensor) -> Tensor:
            if layer not in remaining:
                return x
            remaining.discard(layer)
            return tap(layer, x)

        # The layout first, then the dtype: the reverse order is several times slower on a CPU.
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
        """An uninitialised map, (1, channels, height, width), in the network's memory layout."""
        return torch.empty(
            (1, channels, *size),
            dtype=self.dtype,
            device=self.device,
            memory_format=torch.channels_last,
        )

    def filters(self, name: str) -> tuple[Tensor, Tensor]:
        """Weights (c, c', 3, 3) and biases (c,) of the convolution called ``name``."""
        return self._filters[name]

    def fitted_to(self, first_pass: Callable[[Vgg], T], share: Share = ALONE) -> tuple[Vgg, T]:
        """The network for pictures similar to one picture, and the result of ``first_pass``.

        A quantised network calibrates its levels on that picture.

        Args:
            first_pass: runs the network that it is given, which is not quantised, on the picture.
            share: of the processes that run it on the picture's other rows.
        """
        return self, first_pass(self)

    def convolved(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        """The convolution called ``name``: (1, c', h, w) to (1, c, h, w) with all margins."""
        weight, bias = self._filters[name]
        x, inner = padded(x, padding, margins)
        return F.conv2d(x, weight, bias, padding=inner)

    def rectified(
        self, x: Tensor, name: str, padding: Padding, margins: Margins = ALL_ROUND
    ) -> Tensor:
        """The convolution called ``name``, then the ReLU."""
        # In place, which saves one pass through memory.
        return F.relu(self.convolved(x, name, padding, margins), inplace=True)

    def pooled(
        self, x: Tensor, name: str, architecture: Architecture, margins: Margins = ALL_ROUND
    ) -> Tensor:
        """The convolution called ``name``, then the ReLU and the pooling."""
        return pool(self.rectified(x, name, architecture.padding, margins), architecture.pooling)


def pool(x: Tensor, pooling: Pooling) -> Tensor:
    """Pool 2 × 2 positions; the size is halved, rounded down."""
    return F.max_pool2d(x, 2) if pooling == "max" else F.avg_pool2d(x, 2)


def load_weights(path: Path) -> dict[str, Tensor]:
    """The filters of a converted weights file, memory-mapped.

    Raises:
        WeightsError: the file cannot be read or lacks a convolution.
    """
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, safetensors.SafetensorError) as problem:
        raise WeightsError(
            "The weights file {path} cannot be read: {reason}.", path=path, reason=reason(problem)
        ) from problem
    missing = [name for name in CONVOLUTIONS if f"{name}.weight" not in tensors]
    if missing:
        raise WeightsError("The weights file {path} has no {layer}.", path=path, layer=missing[0])
    return tensors
