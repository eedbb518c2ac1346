"""The sums of features over positions: exact, and without a copy of the map."""

from __future__ import annotations

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from neural_style.engine.terms.covariance import Covariance
from neural_style.engine.terms.gram import BATCH_POSITIONS, position_sums


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("width", [7, BATCH_POSITIONS // 2, BATCH_POSITIONS + 1])
def test_they_are_the_sums(dtype: torch.dtype, width: int) -> None:
    features = torch.rand(1, 5, 3, width, dtype=dtype)
    sums = position_sums(features)
    assert sums.dtype == torch.promote_types(dtype, torch.float32)
    torch.testing.assert_close(sums.double(), features.double().sum((0, 2, 3)), rtol=1e-6, atol=0)


def test_no_copy_of_the_map_is_made() -> None:
    """The memory that an evaluation needs is planned without one."""
    features = torch.rand(1, 64, 100, 300).bfloat16().contiguous(memory_format=torch.channels_last)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        Covariance("relu1_1", 1.0).statistic(features)
    largest = max(event.self_cpu_memory_usage for event in recorded.events())
    assert 0 < largest < features.nbytes
