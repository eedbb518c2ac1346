"""Each measure against its formula, and what it must not depend on."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from benchmarks.judge import judge
from benchmarks.judge.features import (
    content_distance,
    frechet_distance,
    moments,
    patch_distance,
    style_distance,
)
from benchmarks.judge.surface import flattest, grain, photograph_left


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def stages(generator: torch.Generator, size: int = 24) -> tuple[Tensor, ...]:
    """Features of three stages with 6, 8 and 10 channels."""
    return tuple(
        torch.randn(channels, size // step, size // step, generator=generator)
        for channels, step in ((6, 1), (8, 2), (10, 4))
    )


def turned(features: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
    """The features in a basis turned at random."""
    bases = [torch.linalg.qr(torch.randn(len(f), len(f), generator=generator))[0] for f in features]
    return tuple(
        torch.einsum("cd,dhw->chw", basis, stage)
        for basis, stage in zip(bases, features, strict=True)
    )


def test_the_frechet_distance_of_independent_channels_has_a_closed_form() -> None:
    signs = torch.tensor([[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]])
    one = signs.mul(torch.tensor([[2.0], [3.0]])).view(2, 2, 2)
    other = signs.mul(torch.tensor([[5.0], [1.0]])).view(2, 2, 2) + 0.5
    wanted = (2 - 5) ** 2 + (3 - 1) ** 2 + 2 * 0.5**2
    assert frechet_distance(one, other) == pytest.approx(wanted)


def test_the_frechet_distance_is_that_of_the_product_of_the_covariances(
    generator: torch.Generator,
) -> None:
    one = torch.randn(5, 9, 9, generator=generator)
    other = torch.randn(5, 7, 8, generator=generator).mul(1.7) + 0.3
    (mean, covariance), (mean_of_other, covariance_of_other) = moments(one), moments(other)
    common = torch.linalg.eigvals(covariance @ covariance_of_other).real.sqrt().sum()
    spread = covariance.trace() + covariance_of_other.trace() - 2 * common
    wanted = (mean - mean_of_other).square().sum() + spread
    assert frechet_distance(one, other) == pytest.approx(wanted.item())
    assert frechet_distance(other, one) == pytest.approx(wanted.item())
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_style_does_not_depend_on_where_things_are(generator: torch.Generator) -> None:
    one, target = stages(generator), stages(generator)
    moved = tuple(
        stage.flatten(1)[:, torch.randperm(stage[0].numel(), generator=generator)].view_as(stage)
        for stage in one
    )
    assert style_distance(moved, target) == pytest.approx(style_distance(one, target))


def test_the_mean_of_the_style_has_a_style_distance_of_one(generator: torch.Generator) -> None:
    target = stages(generator)
    even = tuple(stage.mean((1, 2), keepdim=True).expand_as(stage) for stage in target)
    assert style_distance(even, target) == pytest.approx(1, rel=1e-5)


def test_no_measure_of_the_network_depends_on_the_basis_of_its_channels(
    generator: torch.Generator,
) -> None:
    one, target = stages(generator), stages(generator)
    both = tuple(torch.cat(pair, 1) for pair in zip(one, target, strict=True))
    basis = turned(both, generator)
    new = tuple(stage[:, : stage.shape[1] // 2] for stage in basis)
    wanted = tuple(stage[:, stage.shape[1] // 2 :] for stage in basis)
    for distance in (style_distance, patch_distance, content_distance):
        assert distance(new, wanted) == pytest.approx(distance(one, target), rel=1e-4)


def test_patches_are_looked_for_both_ways(generator: torch.Generator) -> None:
    target = stages(generator)
    half = tuple(stage[:, : stage.shape[1] // 2] for stage in target)
    assert patch_distance(target, target) == pytest.approx(0, abs=1e-5)
    assert patch_distance(half, target) > 0.05  # the style's other half is nowhere in it


def test_content_is_which_places_are_alike(generator: torch.Generator) -> None:
    features = stages(generator, 32)
    louder = tuple(7 * stage for stage in features)
    mirrored = tuple(stage.flip(-1) for stage in features)
    assert content_distance(louder, features) == pytest.approx(0, abs=1e-6)
    assert 0.05 < content_distance(mirrored, features) < 2


def waves(frequency: float) -> Tensor:
    """(3, 48, 64): a grey wave along x; flat in the left half."""
    x = torch.arange(64, dtype=torch.float64)
    row = 0.5 + 0.2 * torch.sin(2 * math.pi * frequency * x + 0.3) * (x >= 32)
    return row.expand(3, 48, 64).float()


def test_the_flattest_tenth_is_where_nothing_changes() -> None:
    found = flattest(waves(0.2))
    assert found.float().mean() >= 0.1
    assert not found[:, 36:].any()


def test_grain_is_what_lies_above_a_quarter_of_a_cycle() -> None:
    flat, style = torch.full((3, 48, 64), 0.5), waves(0.2)
    coarse, fine = (flat + 0.1 * (waves(f) - 0.5).flip(-1) for f in (0.1, 0.4))
    photograph = waves(0.2)
    assert grain(coarse, photograph, style) < 1.2
    assert grain(fine, photograph, style) > 5
    assert grain(photograph, photograph, photograph) == pytest.approx(1)


def test_what_is_left_of_the_photograph(generator: torch.Generator) -> None:
    photograph, other = (torch.rand(3, 40, 40, generator=generator) for _ in range(2))
    assert photograph_left(photograph, photograph) == pytest.approx(1)
    assert photograph_left(0.3 + 0.1 * photograph, photograph) == pytest.approx(1, rel=1e-5)
    assert photograph_left(1 - photograph, photograph) == pytest.approx(-1)
    assert abs(photograph_left(other, photograph)) < 0.1
    assert photograph_left(torch.zeros_like(photograph), photograph) == 0


def test_a_picture_of_another_size_is_refused() -> None:
    photograph = torch.zeros(3, 64, 64)
    with pytest.raises(ValueError, match="64, 64"):
        judge(torch.zeros(3, 64, 32), photograph, photograph)
