"""VGG-19's convolutional part as a function from an image to its feature layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding, padded
from neural_style.weights.layers import CONVOLUTIONS
from neural_style_protocol.errors import WeightsError

Pooling: TypeAlias = Literal["max", "average"]

LAYERS: tuple[str, ...] = CONVOLUTIONS + tuple(
    name.replace("conv", "relu") for name in CONVOLUTIONS
)
"""Every layer that can be read: ``conv4_1`` before, ``relu4_1`` after rectification."""


LAST_OF_BLOCKS = frozenset({"conv1_2", "conv2_2", "conv3_4", "conv4_4"})
"""Before each of the poolings."""


@dataclass(frozen=True)
class Architecture:
    """What a recipe may change in the network: how borders are padded and maps are pooled."""

    padding: Padding = "zeros"
    pooling: Pooling = "max"

    @property
    def of_styles(self) -> Architecture:
        """How style images are looked at: they do not repeat even where the result does."""
        return replace(self, padding="replicate") if self.padding == "circular" else self


Tap: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]
"""What is read of a feature layer, and the features that the network goes on with."""


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
            layers: names from :data:`LAYERS`.

        Returns:
            (1, c, h', w') by name, in the network's precision; h' and w' halve, rounded down, at
            each of the poolings before conv2_1, conv3_1, conv4_1 and conv5_1.
        """
        names = list(layers)
        found = self.read(image, [(name, _whole) for name in names], architecture)
        return dict(zip(names, found, strict=True))

    def read(
        self,
        image: Tensor,
        taps: Sequence[tuple[str, Tap]],
        architecture: Architecture = Architecture(),
    ) -> list[Tensor]:
        """What each of the taps reads of its layer, computed no deeper than the last of them.

        Args:
            taps: layers' names with what is to be read there; several may be at one layer.
        """
        notes = _Notes(taps)
        # In this order: the other way is several times as slow on a processor.
        x = image.contiguous(memory_format=torch.channels_last).to(self.device, self.dtype)
        for name in CONVOLUTIONS:
            rectified = name.replace("conv", "relu")
            if name in LAST_OF_BLOCKS and not {name, rectified} & notes.left:
                x = self.pooled(x, name, architecture)
                continue
            if name in notes.left:
                x = F.relu(notes.take(name, self.convolved(x, name, architecture.padding)))
            else:
                x = self.rectified(x, name, architecture.padding)
            x = notes.take(rectified, x)
            if not notes.left:
                break
            if name in LAST_OF_BLOCKS:
                x = pool(x, architecture.pooling)
        return notes.found

    def filters(self, name: str) -> tuple[Tensor, Tensor]:
        """Weights (c, c', 3, 3) and biases (c,) of the convolution called ``name``."""
        return self._filters[name]

    def for_steps(self) -> Vgg:
        """The network for many pictures like the first that it will see; it may round."""
        return self

    def settle(self) -> None:
        """End of the first picture, for a network that rounds; see :meth:`for_steps`."""

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


class _Notes:
    """What the taps have read on the way through the network, and which layers are ``left``."""

    def __init__(self, taps: Sequence[tuple[str, Tap]]) -> None:
        self._taps = taps
        self._found: dict[int, Tensor] = {}
        self.left = {name for name, _ in taps}
        if unknown := self.left.difference(LAYERS):
            raise ValueError(f"no such layers: {sorted(unknown)}")

    @property
    def found(self) -> list[Tensor]:
        return [self._found[place] for place in range(len(self._taps))]

    def take(self, layer: str, x: Tensor) -> Tensor:
        """Read a layer; what the network is to go on with."""
        for place, (name, tap) in enumerate(self._taps):
            if name == layer:
                self._found[place], x = tap(x)
        self.left.discard(layer)
        return x


def _whole(features: Tensor) -> tuple[Tensor, Tensor]:
    return features, features


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
