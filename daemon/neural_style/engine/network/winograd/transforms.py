"""The matrices of Winograd's minimal filtering, F(4 × 4, 3 × 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

OUTPUTS, TAPS = 4, 3
"""Results of a tile and taps of a filter, along one dimension."""
INPUTS = OUTPUTS + TAPS - 1

POINTS = (0.0, 1.0, -1.0, 2.0, 0.5)
"""Where the polynomials are evaluated; infinity is the last point. They are the same in another
order if each is replaced by its inverse."""
INVERSE = (5, 1, 2, 4, 3, 0)
"""The place of each point's inverse."""


@dataclass(frozen=True)
class Transforms:
    """What is done with a tile before and after its products.

    Attributes:
        inputs: (36, 36), from the pixels of a tile to the factors.
        outputs: (16, 36), from the products to the pixels of the result.
    """

    inputs: Tensor
    outputs: Tensor

    def to(self, dtype: torch.dtype) -> Transforms:
        return Transforms(self.inputs.to(dtype), self.outputs.to(dtype))


def filter_transform() -> Tensor:
    """(36, 9), from the taps of a filter to its factors; float64."""
    return _both(_powers(TAPS).T)


def transforms() -> Transforms:
    """Those of a convolution; float64."""
    outputs = _powers(OUTPUTS)
    return Transforms(_both(_input_transform()), _both(outputs))


def backward_transforms() -> Transforms:
    """Those of the convolution with the flipped filter, with the factors of the filter as it is.

    Flipped, the polynomial g₀ + g₁p + g₂p² is p² times its value at 1/p. So the factors are the
    same in another order, but for a multiplier.
    """
    order = list(INVERSE)
    squares = [point**2 or 1.0 for point in (*POINTS, 1.0)]
    multiplier = torch.tensor(squares, dtype=torch.float64)
    inputs = (multiplier[:, None] * _input_transform())[order]
    return Transforms(_both(inputs), _both(_powers(OUTPUTS)[:, order]))


def _powers(count: int) -> Tensor:
    """(count, 6): the powers of each point; of infinity, the highest alone."""
    points = torch.tensor(POINTS, dtype=torch.float64)
    infinity = torch.zeros(count, 1, dtype=torch.float64)
    infinity[-1] = 1
    return torch.cat([torch.stack([points**power for power in range(count)]), infinity], 1)


def _input_transform() -> Tensor:
    """(6, 6): what makes the products of factors, summed up, the convolution.

    Result i takes input j by tap k where j = i + k, and from nothing else.
    """
    products = torch.einsum("iq,kq->ikq", _powers(OUTPUTS), _powers(TAPS))
    wanted = torch.zeros(OUTPUTS, TAPS, INPUTS, dtype=torch.float64)
    for result in range(OUTPUTS):
        for tap in range(TAPS):
            wanted[result, tap, result + tap] = 1
    equations = products.reshape(OUTPUTS * TAPS, INPUTS)
    solved: Tensor = torch.linalg.lstsq(equations, wanted.reshape(len(equations), -1)).solution
    return solved


def _both(matrix: Tensor) -> Tensor:
    """The matrix for both dimensions of a tile."""
    return torch.kron(matrix, matrix).contiguous()
