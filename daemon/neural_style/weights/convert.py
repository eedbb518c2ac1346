"""Conversion of published weights to the engine's file: one safetensors file for each set.

The file has ``convB_C.weight`` (out, in, 3, 3) and ``convB_C.bias`` (out) in float32 for the
convolutions up to ``conv5_1``. The network expects RGB in [0, 1], normalised as torchvision does.
All arithmetic is in NumPy float64 and rounded once at the end, so that the same source gives the
same bytes on every machine.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from neural_style.weights.layers import CHANNELS, CONVOLUTIONS, INPUT_STD, MEAN_ACTIVATIONS
from neural_style_protocol.errors import WeightsError

Float64 = npt.NDArray[np.float64]
Convolution = tuple[Float64, Float64]
Converter = Callable[[bytes], bytes]


def convert_quantised(source: bytes) -> bytes:
    """Convert the original VGG-19 from its tables of 256 values.

    The published filters expect BGR in 0–255 with the mean colour subtracted. To expect normalised
    RGB, the first layer's input channels are reversed and multiplied by 255·std.

    Raises:
        WeightsError: ``source`` is not that set.
    """
    state = _load(source)
    layers: list[Convolution] = []
    for name in CONVOLUTIONS:
        block, number = name.removeprefix("conv").split("_")
        key = f"block{block}_conv{number}"
        table = _array(state, f"{key}_W_table")
        indices = _array(state, f"{key}_W_q").astype(np.int64)
        layers.append((table[indices], _array(state, f"{key}_b")))
    weight, bias = layers[0]
    rescaled = weight[:, ::-1] * (255.0 * np.array(INPUT_STD))[None, :, None, None]
    layers[0] = (rescaled, bias)
    return _pack(_normalised(layers))


def convert_torchvision(source: bytes) -> bytes:
    """Convert torchvision's VGG-19, without its deeper layers.

    The activations are not normalised: the textbook's loss weights were chosen for this set.

    Raises:
        WeightsError: ``source`` is not that set.
    """
    state = _load(source)
    indices = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)
    return _pack(
        [
            (_array(state, f"features.{i}.weight"), _array(state, f"features.{i}.bias"))
            for i in indices
        ]
    )


def _load(source: bytes) -> Mapping[str, Any]:
    import torch

    try:
        state = torch.load(io.BytesIO(source), weights_only=True, map_location="cpu")
    except Exception as problem:  # torch raises many types, which all mean the same here
        raise WeightsError("The downloaded weights cannot be read.") from problem
    if not isinstance(state, Mapping):
        raise WeightsError("The downloaded weights are not a table of layers.")
    return state


def _array(state: Mapping[str, Any], key: str) -> Float64:
    if key not in state:
        raise WeightsError("The downloaded weights have no {layer}.", layer=key)
    array: Float64 = np.asarray(state[key].numpy(), dtype=np.float64)
    return array


def _normalised(layers: list[Convolution]) -> list[Convolution]:
    """Divide layer l's output by its mean activation a_l, and multiply its input by a_{l-1}."""
    scaled = []
    before = 1.0
    for (weight, bias), mean in zip(layers, MEAN_ACTIVATIONS, strict=True):
        scaled.append((weight * (before / mean), bias / mean))
        before = mean
    return scaled


def _pack(layers: list[Convolution]) -> bytes:
    tensors = {}
    inputs = 3
    for name, outputs, (weight, bias) in zip(CONVOLUTIONS, CHANNELS, layers, strict=True):
        if weight.shape != (outputs, inputs, 3, 3) or bias.shape != (outputs,):
            raise WeightsError(
                "The downloaded weights have a {layer} of another shape.", layer=name
            )
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight, dtype=np.float32)
        tensors[f"{name}.bias"] = np.ascontiguousarray(bias, dtype=np.float32)
        inputs = outputs
    packed: bytes = safetensors.numpy.save(tensors)
    return packed
