"""Several processes that share the memory plan for different bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from neural_style.engine import Stylizer
from neural_style.engine.plan.estimate import Calibration
from neural_style.engine.plan.shares import ALONE, Shares
from neural_style_protocol.settings import Settings

GIGABYTE = 10**9
SETTINGS = Settings.from_dict({"preset": "draft", "device": "cpu"})
LARGE = (1_200, 1_600)


@pytest.mark.parametrize(("kind", "part"), [("cpu", 60), ("cuda", 40), ("mps", 40)])
def test_a_share_is_that_of_the_device(kind: str, part: int) -> None:
    assert Shares(processor=2, card=3).of(120, torch.device(kind)) == part
    assert ALONE.of(120, torch.device(kind)) == 120


def test_a_picture_gets_no_more_than_its_share(
    weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neural_style.engine.stylizer.free_memory", lambda device: GIGABYTE)
    alone = Stylizer(weights_file, device="cpu")
    one_of_three = Stylizer(weights_file, device="cpu", shares=Shares(processor=3))
    unmeasured = Calibration(0.0, 0.0)
    free = one_of_three.estimate(SETTINGS, LARGE, unmeasured).free_bytes
    assert free == GIGABYTE // 3
    peaks = [it.estimate(SETTINGS, LARGE, unmeasured).plan for it in (alone, one_of_three)]
    assert peaks[0] != peaks[1]
    assert alone.has_room_for(SETTINGS, LARGE)
    monkeypatch.setattr("neural_style.engine.stylizer.free_memory", lambda device: GIGABYTE // 4)
    rooms = [it.has_room_for(SETTINGS, (300, 400)) for it in (alone, one_of_three)]
    assert rooms == [True, False]
