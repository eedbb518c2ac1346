"""Each term of the objective against its formula, written out in float64, with its gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from neural_style.engine.picture.colour_space import denormalise, normalise
from neural_style.engine.terms import losses
from neural_style.engine.terms.gram import LONG, TOGETHER, gram_matrix


@pytest.fixture
def random() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def _tensor(random: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=random, dtype=torch.float64)


def _numeric_gradient(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    step = 1e-6
    gradient = torch.zeros_like(at)
    for index in range(at.numel()):
        offset = torch.zeros_like(at).flatten()
        offset[index] = step
        offset = offset.view_as(at)
        gradient.flatten()[index] = (function(at + offset) - function(at - offset)) / (2 * step)
    return gradient


def _assert_gradient(function: Callable[[Tensor], Tensor], at: Tensor) -> None:
    at = at.clone().requires_grad_(True)
    (found,) = torch.autograd.grad(function(at), at)
    torch.testing.assert_close(
        found, _numeric_gradient(function, at.detach()), rtol=1e-6, atol=1e-9
    )


def test_gram_matrix_is_the_textbooks(random: torch.Generator) -> None:
    features = _tensor(random, 1, 5, 3, 4)
    flat = features.reshape(5, 12)
    expected = flat @ flat.T / (5 * 12)
    torch.testing.assert_close(gram_matrix(features), expected)


def test_gram_matrix_of_half_precision_is_summed_near_one(random: torch.Generator) -> None:
    features = torch.rand(1, 16, 64, 64, generator=random)
    half = gram_matrix(features.bfloat16())
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, gram_matrix(features), rtol=0.01, atol=0)


@pytest.mark.parametrize("count", [LONG - 1, LONG, LONG + 1, LONG + TOGETHER + 5])
def test_gram_matrix_of_very_many_positions_misses_none(
    random: torch.Generator, count: int
) -> None:
    features = _tensor(random, 1, 3, 1, count)
    flat = features.reshape(3, count)
    torch.testing.assert_close(gram_matrix(features), flat @ flat.T / (3 * count))


@pytest.mark.parametrize("both", [True, False])
def test_what_is_read_on_the_way_adds_its_gradient_to_what_follows(
    random: torch.Generator, both: bool
) -> None:
    """Each way of reading a layer sums two gradients itself; either may be missing."""
    features, target = (
        torch.randn(1, 5, 6, 7, generator=random, dtype=torch.float64) for _ in range(2)
    )
    features = features.contiguous(memory_format=torch.channels_last).requires_grad_(True)
    gram = gram_matrix(torch.randn(1, 5, 6, 7, generator=random, dtype=torch.float64))
    for read, plain in (
        (
            partial(losses.with_style_loss, target=gram),
            lambda x: losses.style_loss(gram_matrix(x), gram),
        ),
        (partial(losses.with_content_loss, target=target), lambda x: (x - target).square().mean()),
    ):
        value, passed = read(features)
        follows = passed.pow(3).sum()
        total = value + follows if both else follows
        expected = features.pow(3).sum() + (plain(features) if both else 0.0)
        found, right = (torch.autograd.grad(each, features)[0] for each in (total, expected))
        torch.testing.assert_close(found, right)


def test_content_loss_is_the_mean_square(random: torch.Generator) -> None:
    features, target = _tensor(random, 1, 3, 2, 4), _tensor(random, 1, 3, 2, 4)
    expected = sum((a - b) ** 2 for a, b in zip(features.flatten(), target.flatten(), strict=True))
    torch.testing.assert_close(losses.content_loss(features, target), expected / 24)
    _assert_gradient(lambda x: losses.content_loss(x, target), features)


def test_style_loss_and_its_gradient_to_the_features(random: torch.Generator) -> None:
    features, target = _tensor(random, 1, 4, 3, 5), _tensor(random, 4, 4)
    flat = features.reshape(4, 15)
    expected = ((flat @ flat.T / 60 - target) ** 2).mean()
    torch.testing.assert_close(losses.style_loss(gram_matrix(features), target), expected)
    _assert_gradient(lambda x: losses.style_loss(gram_matrix(x), target), features)


@pytest.mark.parametrize("size", [(3, 5), (1, LONG + 5)])
def test_style_loss_read_on_the_way_is_the_same(
    random: torch.Generator, size: tuple[int, int]
) -> None:
    features, other = (_tensor(random, 1, 4, *size).requires_grad_(True) for _ in range(2))
    target = gram_matrix(other.detach())
    found, right = (
        losses.with_style_loss(features, target)[0],
        losses.style_loss(gram_matrix(features), target),
    )
    torch.testing.assert_close(found, right)
    torch.testing.assert_close(
        *(torch.autograd.grad(3 * loss, features) for loss in (found, right))
    )


def test_total_variation_is_the_textbooks(random: torch.Generator) -> None:
    image = _tensor(random, 1, 3, 4, 5)
    rows = [abs(image[0, c, i + 1, j] - image[0, c, i, j]) for c, i, j in _grid(3, 3, 5)]
    columns = [abs(image[0, c, i, j + 1] - image[0, c, i, j]) for c, i, j in _grid(3, 4, 4)]
    expected = 0.5 * (sum(rows) / len(rows) + sum(columns) / len(columns))
    torch.testing.assert_close(losses.total_variation(image), expected)
    _assert_gradient(losses.total_variation, image)


def test_smooth_variation_is_the_mean_squared_difference(random: torch.Generator) -> None:
    image = _tensor(random, 1, 3, 4, 5)
    rows = [(image[0, c, i + 1, j] - image[0, c, i, j]) ** 2 for c, i, j in _grid(3, 3, 5)]
    columns = [(image[0, c, i, j + 1] - image[0, c, i, j]) ** 2 for c, i, j in _grid(3, 4, 4)]
    expected = 0.5 * (sum(rows) / len(rows) + sum(columns) / len(columns))
    torch.testing.assert_close(losses.smooth_variation(image), expected)
    _assert_gradient(losses.smooth_variation, image)


def test_range_penalty_is_zero_inside_and_square_outside() -> None:
    inside = torch.linspace(0, 1, 48, dtype=torch.float64).view(1, 3, 4, 4)
    assert losses.range_penalty(normalise(inside)).item() == pytest.approx(0, abs=1e-20)
    outside = inside.clone()
    outside[0, 0, 0, 0] = -0.5
    outside[0, 2, 3, 3] = 2.0
    expected = ((0.5 / 0.229) ** 2 + (1.0 / 0.225) ** 2) / 48
    assert losses.range_penalty(normalise(outside)).item() == pytest.approx(expected)
    _assert_gradient(losses.range_penalty, normalise(outside))


def test_normalising_is_undone(random: torch.Generator) -> None:
    pixels = torch.rand(3, 4, 5, generator=random, dtype=torch.float64)
    torch.testing.assert_close(denormalise(normalise(pixels)), pixels)


def _grid(channels: int, height: int, width: int) -> list[tuple[int, int, int]]:
    return [(c, i, j) for c in range(channels) for i in range(height) for j in range(width)]
