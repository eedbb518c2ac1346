"""Bringing the content's colours back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from neural_style.engine.picture.recolour import luminance, match_colours, recolour

Picture = Callable[..., Tensor]


@pytest.fixture
def pair(picture: Picture) -> tuple[Tensor, Tensor]:
    """A made-up result, and the content: of one size."""
    content = picture("china", 96)
    return picture("mosaic", 120)[:, : content.shape[1], : content.shape[2]], content


def test_luminance_keeps_light_and_takes_colour(pair: tuple[Tensor, Tensor]) -> None:
    image, content = (0.4 + 0.2 * x for x in pair)  # far from the limits, nothing is clamped
    result = recolour(image, content, "luminance")
    torch.testing.assert_close(luminance(result), luminance(image))
    colour = content - luminance(content)
    torch.testing.assert_close(result - luminance(result), colour)


def test_histogram_gives_the_contents_mean_and_covariance(pair: tuple[Tensor, Tensor]) -> None:
    image, content = pair
    moved = match_colours(image, content)
    torch.testing.assert_close(moved.mean((1, 2)), content.mean((1, 2)), atol=1e-5, rtol=0)
    found, wanted = torch.cov(moved.flatten(1)), torch.cov(content.flatten(1))
    torch.testing.assert_close(found, wanted, atol=5e-5, rtol=1e-2)
    assert torch.equal(recolour(image, content, "histogram"), moved.clamp(0, 1))


def test_a_picture_of_one_colour_does_not_break_it(pair: tuple[Tensor, Tensor]) -> None:
    _, content = pair
    grey = torch.full_like(content, 0.5)
    for mode in ("luminance", "histogram"):
        assert bool(recolour(grey, content, mode).isfinite().all())  # type: ignore[arg-type]


def test_the_same_picture_stays_the_same(pair: tuple[Tensor, Tensor]) -> None:
    _, content = pair
    for mode in ("off", "luminance", "histogram"):
        result = recolour(content, content, mode)  # type: ignore[arg-type]
        torch.testing.assert_close(result, content, atol=2e-3, rtol=0)
