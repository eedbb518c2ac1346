"""Operations on large maps in chunks of rows, against PyTorch's plain operations."""

from __future__ import annotations

import pytest
import torch

from neural_style.engine.network.int8.row_chunks import relu_backward, write_rounded

TYPES = [torch.bfloat16, torch.float32]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("levels", "least", "most"), [(torch.uint8, 0, 255), (torch.int8, -127, 127)]
)
def test_rounding_is_to_the_nearest_level(
    dtype: torch.dtype, levels: torch.dtype, least: int, most: int
) -> None:
    wanted = torch.arange(least, most + 1).repeat(3, 1)
    unit = 0.037
    near = wanted + torch.tensor([[-0.45], [0.0], [0.45]])
    values = (near.clamp(least, most) * unit).to(dtype)
    written = torch.empty(wanted.shape, dtype=levels)
    write_rounded(written, values, 1 / unit)
    exact = (values.double() / unit).round()
    differences = (written.double() - exact).abs()
    # Only what lies in the middle of two levels may go either way.
    assert differences.max() <= 1
    middle = (values.double() / unit).frac().abs().sub(0.5).abs() < 1e-4
    assert not differences[~middle].any()


def test_every_value_of_a_row_has_its_own_factor() -> None:
    values = torch.full((2, 3), 8.0, dtype=torch.bfloat16)
    written = torch.empty(2, 3, dtype=torch.uint8)
    write_rounded(written, values, 2.0, torch.tensor([0.5, 1.0, 3.0]))
    assert written.tolist() == [[8, 16, 48]] * 2


@pytest.mark.parametrize("dtype", TYPES)
def test_the_gradient_is_zero_where_the_relu_is_zero(dtype: torch.dtype) -> None:
    grad_output = torch.randn(4, 5, 6).to(dtype)
    result = torch.randn(4, 5, 6).to(dtype).relu()
    expected = torch.ops.aten.threshold_backward(grad_output, result, 0)
    assert torch.equal(relu_backward(grad_output, result), expected)
    assert torch.equal(relu_backward(grad_output, -0.0 * result), torch.zeros_like(grad_output))
