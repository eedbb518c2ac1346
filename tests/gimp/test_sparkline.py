"""The plug-in's curve of the loss in one line of text."""

from __future__ import annotations

import math
import sys

import pytest

from gimp.gimp_root import REPOSITORY


@pytest.fixture
def sparkline(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    from sparkline import sparkline as function

    return function


@pytest.mark.parametrize(
    ("values", "width", "curve"),
    [
        ([], 5, ""),
        ([math.nan], 5, ""),
        ([3.0], 5, "▁"),
        ([2.0, 2.0, 2.0], 5, "▁▁▁"),
        ([1e7, 1.0], 5, "█▁"),
        ([10.0**power for power in range(8, 0, -1)], 8, "█▇▆▅▄▃▂▁"),
        ([10.0**power for power in range(8, 0, -1)], 4, "█▆▃▁"),
        ([0.0, 1.0], 2, "▁█"),
    ],
)
def test_curve(sparkline: object, values: list[float], width: int, curve: str) -> None:
    assert callable(sparkline)
    assert sparkline(values, width) == curve
