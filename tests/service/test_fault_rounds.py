"""Some rounds of the game that docs/reliability.md tells of."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.fault_rounds import play


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path, workers: int) -> None:
    tally = play(tmp_path, rounds=12, seed=7, workers=workers)
    assert tally.acknowledged > 0
    assert (tally.lost, tally.wrong, tally.reasons) == (0, 0, [])
    assert tally.delivered == tally.acknowledged
