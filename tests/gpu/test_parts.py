"""The parts that are computed in another way on a card give what they give on the processor."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn import functional as F

from neural_style.engine.minimise.preconditioner import PyramidPreconditioner, _gathered
from neural_style.engine.network.padding import Padding, padded
from neural_style.engine.picture.colour_space import denormalise, normalise
from neural_style.engine.picture.periodic import periodic_component
from neural_style.engine.picture.resize import resize
from pretended_gpu.card import Card


@pytest.mark.parametrize("lengths", [(4, 8), (4, 7), (5, 9), (6, 11), (7, 15), (2, 4), (3, 5)])
def test_the_transpose_of_enlarging_is_gathered_exactly(lengths: tuple[int, int]) -> None:
    coarse, fine = lengths
    image = torch.rand(1, 2, fine, 9, generator=torch.Generator().manual_seed(3)).double()
    expected = torch.ops.aten.upsample_bilinear2d_backward(
        image, (fine, 9), (1, 2, coarse, 9), align_corners=False
    )
    torch.testing.assert_close(_gathered(image, 2, coarse), expected, rtol=1e-6, atol=1e-6)
    across = _gathered(image.mT.contiguous(), 3, coarse).mT
    torch.testing.assert_close(across, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [(16, 24), (21, 13)])
def test_the_preconditioner_is_the_processors(card: Card, size: tuple[int, int]) -> None:
    gradient = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(4))
    precondition = PyramidPreconditioner(4, 3.0, 0.5)
    found = precondition(gradient.to(card.device)).cpu()
    torch.testing.assert_close(found, precondition(gradient), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["zeros", "replicate", "circular"])
@pytest.mark.parametrize("margins", list(itertools.product((0, 1), repeat=4)))
def test_padding_and_its_gradient_are_the_librarys(
    card: Card, padding: Padding, margins: tuple[int, int, int, int]
) -> None:
    x = torch.randn(1, 3, 5, 6, generator=torch.Generator().manual_seed(5))
    x = x.to(memory_format=torch.channels_last)

    def compute(device: torch.device | str) -> tuple[torch.Tensor, torch.Tensor]:
        leaf = x.clone().to(device).requires_grad_(True)
        framed, inner = padded(leaf, padding, margins)
        framed = F.pad(framed, (inner[1], inner[1], inner[0], inner[0]))
        weight = torch.arange(framed.numel(), device=device).view(framed.shape)
        (gradient,) = torch.autograd.grad((framed * weight).sum(), leaf)
        return framed.detach().cpu(), gradient.cpu()

    for found, expected in zip(compute(card.device), compute("cpu"), strict=True):
        torch.testing.assert_close(found, expected)
    framed, _ = padded(x.to(card.device), padding, margins)
    assert framed.is_contiguous(memory_format=torch.channels_last)


def test_pictures_are_converted_and_resized_as_on_the_processor(card: Card) -> None:
    pixels = torch.rand(3, 9, 14, generator=torch.Generator().manual_seed(6))
    on_card = pixels.to(card.device)
    for convert in (normalise, denormalise, periodic_component, lambda x: resize(x, (5, 7))):
        torch.testing.assert_close(convert(on_card).cpu(), convert(pixels))
