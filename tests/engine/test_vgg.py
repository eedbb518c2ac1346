"""The network's topology against torchvision's, and what a recipe may change in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.textbook_reference import load_network
from neural_style.engine.network.vgg import LAYERS, Architecture, Vgg, load_weights
from neural_style.weights.layers import CONVOLUTIONS
from neural_style_protocol.errors import WeightsError


def test_every_layer_is_torchvisions(weights_file: Path, vgg64: Vgg) -> None:
    image = torch.randn(1, 3, 37, 50, generator=torch.Generator().manual_seed(1)).double()
    found = vgg64.features(image, LAYERS)
    convolutions, rectified = iter(CONVOLUTIONS), iter(CONVOLUTIONS)
    x = image
    for layer in load_network(weights_file).double():
        x = layer(x.clone())
        if isinstance(layer, torch.nn.Conv2d):
            torch.testing.assert_close(found[next(convolutions)], x)
        elif isinstance(layer, torch.nn.ReLU):
            torch.testing.assert_close(found[next(rectified).replace("conv", "relu")], x)
    assert next(convolutions, None) is None


def test_nothing_deeper_than_asked_is_computed(vgg64: Vgg) -> None:
    tiny = torch.zeros(1, 3, 2, 2).double()  # too small for a second pooling
    assert set(vgg64.features(tiny, ["relu2_1"])) == {"relu2_1"}


def test_unknown_layer_is_refused(vgg64: Vgg) -> None:
    with pytest.raises(ValueError, match="relu6_1"):
        vgg64.features(torch.zeros(1, 3, 32, 32), ["relu6_1"])


@pytest.mark.parametrize("padding", ["replicate", "circular"])
def test_padding_changes_borders_alone(vgg64: Vgg, padding: str) -> None:
    image = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(2)).double()
    zeros = vgg64.features(image, ["relu1_2"])["relu1_2"]
    other = vgg64.features(image, ["relu1_2"], Architecture(padding=padding))["relu1_2"]  # type: ignore[arg-type]
    torch.testing.assert_close(zeros[..., 2:-2, 2:-2], other[..., 2:-2, 2:-2])
    assert not torch.allclose(zeros, other)


def test_circular_padding_follows_a_roll(vgg64: Vgg) -> None:
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3)).double()
    wrapped = Architecture(padding="circular")
    features = vgg64.features(image, ["relu3_1"], wrapped)["relu3_1"]
    rolled = vgg64.features(image.roll((8, 16), (2, 3)), ["relu3_1"], wrapped)["relu3_1"]
    torch.testing.assert_close(features.roll((2, 4), (2, 3)), rolled)


def test_average_pooling_averages(vgg64: Vgg) -> None:
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(4)).double()
    average = vgg64.features(image, ["relu2_1"], Architecture(pooling="average"))["relu2_1"]
    largest = vgg64.features(image, ["relu2_1"])["relu2_1"]
    assert average.mean() < largest.mean()


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "not-weights.safetensors"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match="not-weights"):
        load_weights(path)
