"""Convolutions with fewer multiplications differ from the library's by rounding alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding
from neural_style.engine.network.vgg import Architecture, Vgg, load_weights
from neural_style.engine.network.winograd import product
from neural_style.engine.network.winograd.product import WinogradConvolution
from neural_style.engine.network.winograd.vgg import WinogradVgg
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

CPU = torch.device("cpu")
PADDINGS: tuple[Padding, ...] = ("zeros", "replicate", "circular")
MARGINS: tuple[Margins, ...] = (ALL_ROUND, (0, 0, 0, 0), (1, 0, 0, 1))
"""Of a whole picture, and of tiles within it and at its corner."""
SIZES = [(4, 4), (5, 3), (17, 23), (40, 33)]
EXACT, SINGLE = 1e-13, 1e-5
"""The largest error in float64 and in float32, as a share of the result's length."""


def some(seed: int, *shape: int) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return values.contiguous(memory_format=torch.channels_last)


def off(found: Tensor, right: Tensor) -> float:
    """The length of the difference as a share of that of what is right."""
    return float((found.double() - right).norm() / right.norm())


@pytest.fixture(scope="module")
def winograd64(weights_file: Path) -> WinogradVgg:
    return WinogradVgg(load_weights(weights_file), CPU, torch.float64)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("margins", MARGINS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_features_and_gradients_are_right(
    monkeypatch: pytest.MonkeyPatch,
    padding: Padding,
    margins: Margins,
    size: tuple[int, int],
    dtype: torch.dtype,
) -> None:
    monkeypatch.setattr(product, "CHUNK_VALUES", 36 * 24 * 9)  # so that there are several
    weight, bias = some(1, 24, 16, 3, 3), some(2, 1, 24, 1, 1).flatten()
    x = some(3, 1, 16, *size).requires_grad_(True)
    mode = "constant" if padding == "zeros" else padding
    right = F.conv2d(F.pad(x, margins, mode=mode), weight, bias)
    grad_output = some(4, *right.shape)
    (right_gradient,) = torch.autograd.grad(right, x, grad_output)
    convolution = WinogradConvolution(weight.to(dtype))
    found = convolution.features(x.detach().to(dtype), bias.to(dtype), padding, margins)
    gradient = convolution.gradient(grad_output.to(dtype), padding, margins)
    most = EXACT if dtype == torch.float64 else SINGLE
    assert found.dtype == gradient.dtype == dtype
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert off(found, right.detach()) < most
    assert off(gradient, right_gradient) < most


def test_a_single_position_has_features() -> None:
    """That is the deepest map of the smallest picture."""
    weight, x = some(5, 24, 16, 3, 3), some(6, 1, 16, 1, 1)
    convolution = WinogradConvolution(weight)
    found = convolution.features(x, torch.zeros(24).double(), "replicate", ALL_ROUND)
    right = F.conv2d(F.pad(x, ALL_ROUND, mode="replicate"), weight)
    assert off(found, right) < EXACT


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_not_hidden(value: float) -> None:
    x, grad_output = some(7, 1, 16, 9, 9), some(8, 1, 24, 9, 9)
    x[0, 3, 4, 5] = grad_output[0, 3, 4, 5] = value
    convolution = WinogradConvolution(some(9, 24, 16, 3, 3))
    bias = torch.zeros(24).double()
    assert not convolution.features(x, bias, "zeros", ALL_ROUND).isfinite().all()
    assert not convolution.gradient(grad_output, "zeros", ALL_ROUND).isfinite().all()


@pytest.mark.parametrize(
    ("tile", "padding"), [(None, "replicate"), (64, "replicate"), (64, "circular")]
)
def test_an_evaluation_is_the_same_as_with_the_librarys_products(
    vgg64: Vgg,
    winograd64: WinogradVgg,
    picture: Callable[..., Tensor],
    tile: int | None,
    padding: Padding,
) -> None:
    """In tiles too; the gradient that it is compared with is the whole picture's."""
    content, style = (picture(name, 90).unsqueeze(0).double() for name in ("china", "mosaic"))
    tileable = padding == "circular"
    recipe = recipe_for(Settings(tileable=tileable), (content.shape[2], content.shape[3]))
    assert recipe.architecture == Architecture(padding)
    styles = [WeightedStyle(style, 1.0)]
    plan = ExecutionPlan(CPU, tile, kept=1)
    tiling = plan.tiling(recipe.architecture)
    image = 0.8 * content + 0.2 * content.flip(-1)
    right = build_objective(vgg64, recipe, content, styles).evaluate(image)
    found = build_objective(winograd64, recipe, content, styles, tiling=tiling).evaluate(image)
    assert found.losses.total == pytest.approx(right.losses.total, rel=1e-10)
    assert off(found.gradient, right.gradient) < 1e-10


def test_layers_with_few_channels_are_the_librarys(winograd64: WinogradVgg, vgg64: Vgg) -> None:
    image = some(10, 1, 3, 24, 24)
    layers = ["conv2_1", "conv2_2", "conv5_1"]
    found, right = (vgg.features(image, layers) for vgg in (winograd64, vgg64))
    assert torch.equal(found["conv2_1"], right["conv2_1"])
    assert not torch.equal(found["conv2_2"], right["conv2_2"])
    assert off(found["conv5_1"], right["conv5_1"]) < 1e-10
