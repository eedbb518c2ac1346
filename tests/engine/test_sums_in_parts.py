"""The sums over a map: exact, and without a copy of the map."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from neural_style.engine.network.maps import PART_ELEMENTS
from neural_style.engine.terms.content import Content
from neural_style.engine.terms.covariance import Covariance

COVARIANCE, CONTENT = Covariance("relu1_1", 1.0), Content("relu3_1", 1.0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("positions", [7, PART_ELEMENTS // 64, PART_ELEMENTS // 64 + 1])
def test_they_are_the_sums(dtype: torch.dtype, positions: int) -> None:
    features = torch.rand(1, 64, 1, positions, dtype=dtype)
    wide = features.double()
    sums = COVARIANCE.statistic(features)[-1]
    torch.testing.assert_close(sums.double(), wide.sum((0, 2, 3)), rtol=1e-6, atol=0)
    squares = CONTENT.statistic(features, torch.zeros_like(features))
    torch.testing.assert_close(squares.double(), wide.square().sum(), rtol=1e-4, atol=0)
    assert sums.dtype == squares.dtype == torch.promote_types(dtype, torch.float32)


@pytest.mark.parametrize(
    "statistic", [COVARIANCE.statistic, lambda features: CONTENT.statistic(features, features)]
)
def test_no_copy_of_the_map_in_float32_is_made(statistic: Callable[[Tensor], Tensor]) -> None:
    """The memory that an evaluation needs is planned without one."""
    features = torch.rand(1, 64, 200, 300).bfloat16().contiguous(memory_format=torch.channels_last)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        statistic(features)
    largest = max(event.self_cpu_memory_usage for event in recorded.events())
    assert 0 < largest < 1.5 * features.nbytes
