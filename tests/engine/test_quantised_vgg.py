"""The network in 8-bit integers: right to their digits, and a function of the picture alone.

All of it holds on any processor. The largest sums there can be do overflow on some, which is why
the engine does not use integers there; those of features and gradients stay far below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.int8.pooling import max_pool, unpool
from neural_style.engine.network.int8.product import (
    FeatureConvolution,
    GradientConvolution,
    Scratch,
    channel_max,
)
from neural_style.engine.network.int8.vgg import QuantisableVgg
from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.padding import ALL_ROUND, Margins, Padding
from neural_style.engine.network.vgg import Architecture, Pooling, Vgg, load_weights
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.objective import Objective
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

CPU = torch.device("cpu")
PADDINGS: tuple[Padding, ...] = ("zeros", "replicate", "circular")
MARGINS: tuple[Margins, ...] = (ALL_ROUND, (0, 0, 0, 0), (1, 0, 0, 1))
"""Of a whole picture, and of tiles within it and at its corner."""
DEEP = [name for name, layer in LAYERS.items() if name.startswith("relu") and layer.depth >= 3]


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def quantisable(request: pytest.FixtureRequest, weights_file: Path) -> QuantisableVgg:
    return QuantisableVgg(load_weights(weights_file), CPU, request.param)


def some(seed: int, *shape: int) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return values.contiguous(memory_format=torch.channels_last)


def convolved(x: Tensor, weight: Tensor, padding: Padding, margins: Margins) -> Tensor:
    """What the products are to be, by the library."""
    mode = "constant" if padding == "zeros" else padding
    return F.conv2d(F.pad(x, margins, mode=mode), weight)


def as_stored(x: Tensor) -> Tensor:
    return x.detach().float().contiguous(memory_format=torch.channels_last)


def made(
    vgg: Vgg, picture: Callable[..., Tensor], tiles: bool, longest: int = 72, tile: int = 64
) -> tuple[Objective, Tensor]:
    """The usual objective, and the content image that it is of."""
    content, style = (picture(name, longest).unsqueeze(0) for name in ("china", "mosaic"))
    recipe = recipe_for(Settings(), (content.shape[2], content.shape[3]))
    styles = [WeightedStyle(style, 1.0)]
    plan = ExecutionPlan(CPU, tile, kept=1) if tiles else ExecutionPlan(CPU, None)
    tiling = plan.tiling(recipe.architecture)
    return build_objective(vgg, recipe, content, styles, tiling=tiling), content


def off(found: Tensor, right: Tensor) -> float:
    """The length of the difference as a share of that of what is right."""
    right = right.detach().double()
    return float((found.detach().double() - right).norm() / right.norm())


@pytest.mark.parametrize("margins", MARGINS)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("rectified", [True, False])
def test_features_are_right_to_eight_bits(
    padding: Padding, margins: Margins, rectified: bool
) -> None:
    weight, bias = some(1, 24, 16, 3, 3), some(2, 1, 24, 1, 1).flatten()
    # Channels of very unequal ranges, and more rows than are rounded at a time.
    x = some(3, 1, 16, 90, 800).relu() * torch.logspace(-2, 1, 16).view(1, -1, 1, 1)
    convolution = FeatureConvolution(weight, bias, channel_max(x))
    for seen in (x, 3 * x):  # beyond the range that is known: nothing is cut
        right = convolved(seen.double(), weight.double(), padding, margins)
        right += bias.view(1, -1, 1, 1)
        right = right.relu() if rectified else right
        found = convolution(seen, padding, margins, Scratch(), rectified=rectified)
        assert off(found, right) < 0.01


@pytest.mark.parametrize("margins", MARGINS)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("followed", ["by nothing", "by rectification", "by pooling"])
@pytest.mark.parametrize("size", [(90, 800), (37, 61)])
def test_gradients_are_right_to_eight_bits(
    padding: Padding, margins: Margins, followed: str, size: tuple[int, int]
) -> None:
    weight = some(4, 24, 16, 3, 3)
    x = some(5, 1, 16, *size).double().requires_grad_(True)
    rectified, pooled = None, None
    last = convolved(x, weight.double(), padding, margins)
    if followed != "by nothing":
        last = last.relu()
        rectified = as_stored(last)
    if followed == "by pooling":
        rectified, pooled = None, max_pool(as_stored(last))
        last = F.max_pool2d(last, 2)
    grad_output = some(6, *last.shape)
    (right,) = torch.autograd.grad(last, x, grad_output.double())
    found = GradientConvolution(weight)(grad_output, padding, margins, Scratch(), rectified, pooled)
    assert found.shape == x.shape
    assert off(found, right) < 0.02


def test_equal_maxima_share_a_gradient_once() -> None:
    """Even areas have maxima that are equal; the gradient goes to one of them."""
    x = torch.ones(1, 16, 7, 9).contiguous(memory_format=torch.channels_last)
    pooled = max_pool(x)
    assert torch.equal(pooled.maxima, F.max_pool2d(x, 2))
    levels = torch.full_like(pooled.maxima, 5, dtype=torch.int8)
    found = torch.full_like(x, 9, dtype=torch.int8)
    unpool(levels, pooled, found)
    assert torch.equal(F.avg_pool2d(found.float(), 2) * 4, levels.float())
    assert found[:, :, 6:].count_nonzero() == found[:, :, :, 8:].count_nonzero() == 0


def test_no_gradient_stays_none() -> None:
    nothing = some(7, 1, 24, 9, 9).zero_()
    convolution = GradientConvolution(some(8, 24, 16, 3, 3))
    found = convolution(nothing, "zeros", ALL_ROUND, Scratch(), some(9, 1, 24, 9, 9))
    assert found.count_nonzero() == 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_features_that_are_no_numbers_are_not_hidden(value: float) -> None:
    x = some(10, 1, 16, 9, 9).relu()
    weight, bias = some(11, 24, 16, 3, 3), torch.zeros(24)
    convolution = FeatureConvolution(weight, bias, channel_max(x))
    x[0, 3, 4, 5] = value
    assert not convolution(x, "zeros", ALL_ROUND, Scratch(), rectified=True).isfinite().all()


@pytest.mark.parametrize("value", [math.nan, -math.nan, math.inf, -math.inf])
def test_gradients_that_are_no_numbers_are_not_hidden(value: float) -> None:
    grad_output, result = some(12, 1, 24, 9, 9), torch.ones(1, 24, 9, 9)
    grad_output[0, 3, 4, 5] = value
    weight = some(11, 24, 16, 3, 3)
    found = GradientConvolution(weight)(grad_output, "zeros", ALL_ROUND, Scratch(), result)
    assert not found.isfinite().all()


@pytest.mark.parametrize("value", [math.nan, -math.nan, math.inf, -math.inf])
def test_a_picture_that_is_no_picture_is_not_hidden(
    quantisable: QuantisableVgg, picture: Callable[..., Tensor], value: float
) -> None:
    """A negative infinity would be rectified, and so might be a number's absence."""
    image = picture("china", 48).unsqueeze(0)
    int8_vgg, _ = quantisable.fitted_to(lambda vgg: vgg.features(image, DEEP, Architecture()))
    image[0, 1, 20, 30] = value
    for name, features in int8_vgg.features(image, DEEP, Architecture()).items():
        assert features.isnan().all(), name


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("pooling", ["average", "max"])
def test_the_first_picture_is_not_rounded_and_the_next_hardly(
    quantisable: QuantisableVgg,
    picture: Callable[..., Tensor],
    padding: Padding,
    pooling: Pooling,
) -> None:
    architecture = Architecture(padding, pooling)
    first = picture("china", 64).unsqueeze(0)
    second = (0.8 * first + 0.2 * first.flip(-1)).requires_grad_(True)
    exact = quantisable.features(first, DEEP, architecture)
    int8_vgg, seen = quantisable.fitted_to(lambda vgg: vgg.features(first, DEEP, architecture))
    for name, features in seen.items():
        assert torch.equal(features, exact[name]), name

    def deepest(vgg: Vgg) -> Tensor:
        return vgg.features(second, ["relu4_2"], architecture)["relu4_2"]

    found, right = deepest(int8_vgg), deepest(quantisable)
    assert 0 < off(found, right) < 0.08
    gradients = [
        torch.autograd.grad(each.float().square().mean(), second) for each in (found, right)
    ]
    assert 0 < off(gradients[0][0], gradients[1][0]) < 0.2


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_image_itself_is_not_rounded(
    weights_file: Path, picture: Callable[..., Tensor], padding: Padding
) -> None:
    vgg = QuantisableVgg(load_weights(weights_file), CPU, torch.float32)
    image = picture("china", 96).unsqueeze(0).requires_grad_(True)
    int8_vgg, _ = vgg.fitted_to(lambda unrounded: None)
    found, right = (
        each.features(image, ["relu1_1"], Architecture(padding))["relu1_1"]
        for each in (int8_vgg, vgg)
    )
    assert torch.equal(found, right)
    grad_output = some(13, *found.shape)
    gradients = [torch.autograd.grad(each, image, grad_output)[0] for each in (found, right)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("tiles", [False, True])
def test_an_evaluation_depends_on_the_picture_alone(
    quantisable: QuantisableVgg, picture: Callable[..., Tensor], tiles: bool
) -> None:
    objective, content = made(quantisable, picture, tiles, longest=48, tile=32)
    before = objective.evaluate(content)
    objective.evaluate(3 * content.flip(-1))
    after = objective.evaluate(content)
    assert torch.equal(before.gradient, after.gradient)
    assert before.losses == after.losses


def test_tiles_round_no_more_than_the_whole(
    quantisable: QuantisableVgg, weights_file: Path, picture: Callable[..., Tensor]
) -> None:
    (whole, content), (tiled, _) = (made(quantisable, picture, tiles) for tiles in (False, True))
    image = 0.8 * content + 0.2 * content.flip(-1)
    plain = Vgg(load_weights(weights_file), CPU, torch.float32)
    right = made(plain, picture, tiles=False)[0].evaluate(image)
    rounded, in_tiles = whole.evaluate(image), tiled.evaluate(image)
    assert in_tiles.losses.total == pytest.approx(right.losses.total, rel=0.02)
    assert 0 < off(in_tiles.gradient, right.gradient) < 1.3 * off(rounded.gradient, right.gradient)
