"""Splitting a picture into what repeats and what is smooth."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from neural_style.engine.picture.periodic import periodic_component


def laplacian(pixels: Tensor) -> Tensor:
    """Of a picture that repeats."""
    neighbours = sum(pixels.roll(step, axis) for axis in (-2, -1) for step in (1, -1))
    return neighbours - 4 * pixels


def test_a_picture_that_repeats_is_left_alone() -> None:
    along = torch.arange(300, dtype=torch.float64) * (2 * torch.pi / 300)
    down = torch.arange(170, dtype=torch.float64) * (2 * torch.pi / 170)
    pixels = (torch.sin(along) * torch.cos(down)[:, None]).expand(3, -1, -1)
    # Neighbours across the edges differ as neighbours inside do, which counts as a small jump.
    assert (periodic_component(pixels) - pixels).abs().max() < 0.05


def test_edges_meet_and_detail_stays(picture: Callable[..., Tensor]) -> None:
    pixels = picture("coffee", 97).double()
    made = periodic_component(pixels)
    inside = (slice(None), slice(2, -2), slice(2, -2))
    # Only what is smooth was taken away, and nothing on the mean.
    torch.testing.assert_close(laplacian(made)[inside], laplacian(pixels)[inside])
    torch.testing.assert_close(made.mean((1, 2)), pixels.mean((1, 2)))

    def jump(image: Tensor) -> Tensor:
        return (image[:, 0] - image[:, -1]).square().mean()

    assert jump(made) < 0.1 * jump(pixels)
