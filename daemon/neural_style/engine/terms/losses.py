"""The terms of the objective, each a scalar to be weighted and summed.

All are differentiable by autograd. Images are (1, 3, h, w) in the network's normalised values.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.terms.gram import gram_matrix, multiplied


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """How far the features are from the content image's.

    .. math:: L = \\frac{1}{c h w} \\sum_{ip} (F_{ip} - P_{ip})^2

    (Gatys et al. 2016, equation 1, as a mean.)

    Args:
        features, target: (1, c, h, w) of one type. Squares are summed in float32 or wider.
    """
    loss, _ = with_content_loss(features, target)
    return loss


def with_content_loss(features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The content loss, and the features for what follows them in the network.

    The gradients of both are summed in the pass that computes the loss's.
    """
    loss, passed = _ContentLoss.apply(features, target)
    return loss, passed


class _ContentLoss(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        context.set_materialize_grads(False)
        difference = features - target
        context.save_for_backward(difference)
        wide = torch.promote_types(difference.dtype, torch.float32)
        length = torch.linalg.vector_norm(difference, dtype=wide)
        return length.square() / difference.numel(), features.detach()

    @staticmethod
    def backward(
        context: Any, slope: Tensor | None, passed: Tensor | None
    ) -> tuple[Tensor | None, None]:
        if slope is None:
            return passed, None
        (difference,) = context.saved_tensors
        times = 2 * slope.item() / difference.numel()
        return difference * times if passed is None else passed.add(difference, alpha=times), None


def style_loss(gram: Tensor, target: Tensor) -> Tensor:
    """How far a Gram matrix is from the style's.

    .. math:: L = \\frac{1}{c^2} \\sum_{ij} (G_{ij} - A_{ij})^2

    (Gatys et al. 2016, equation 4, with the textbook's normalisation.)

    Args:
        gram, target: (c, c), from :func:`neural_style.engine.terms.gram.gram_matrix`.
    """
    return (gram - target).square().mean()


def with_style_loss(features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The style loss of an image's features, and these for what follows them in the network.

    The gradients of both are summed in the pass that computes the loss's.

    Args:
        features: (1, c, h, w).
        target: (c, c), symmetric, of the type that their Gram matrix has.
    """
    loss, passed = _StyleLoss.apply(features, target)
    return loss, passed


class _StyleLoss(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        context.set_materialize_grads(False)
        difference = gram_matrix(features) - target
        context.save_for_backward(features, difference)
        return difference.square().mean(), features.detach()

    @staticmethod
    def backward(
        context: Any, slope: Tensor | None, passed: Tensor | None
    ) -> tuple[Tensor | None, None]:
        if slope is None:
            return passed, None
        features, difference = context.saved_tensors
        matrix = difference * (slope * (2 / difference.numel())) * (2 / features.numel())
        return multiplied(features, matrix, passed), None


def total_variation(image: Tensor) -> Tensor:
    """Mean absolute difference of neighbours, the textbook's.

    .. math:: L = \\tfrac12 \\left( \\overline{|x_{i,j} - x_{i+1,j}|}
                                 + \\overline{|x_{i,j} - x_{i,j+1}|} \\right)
    """
    rows, columns = _differences(image)
    return 0.5 * (rows.abs().mean() + columns.abs().mean())


def smooth_variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighbours: fine noise costs, edges are not turned to blocks.

    .. math:: L = \\tfrac12 \\left( \\overline{(x_{i,j} - x_{i+1,j})^2}
                                 + \\overline{(x_{i,j} - x_{i,j+1})^2} \\right)
    """
    rows, columns = _differences(image)
    return 0.5 * (rows.square().mean() + columns.square().mean())


def _differences(image: Tensor) -> tuple[Tensor, Tensor]:
    return image[:, :, 1:, :] - image[:, :, :-1, :], image[:, :, :, 1:] - image[:, :, :, :-1]


def range_penalty(image: Tensor) -> Tensor:
    """Mean squared excess over what a picture can show.

    .. math:: L = \\overline{(x - \\mathrm{clamp}(x, x_0, x_1))^2}

    where x₀ and x₁ are black and white in normalised values. Without it the optimiser hides part
    of its gain in values that are clamped away when the picture is shown.
    """
    black = normalise(torch.zeros(3, 1, 1, dtype=image.dtype, device=image.device))
    white = normalise(torch.ones(3, 1, 1, dtype=image.dtype, device=image.device))
    # Where the clamped value changes with the image, the excess is nought.
    return (image - image.detach().clamp(black, white)).square().mean()
