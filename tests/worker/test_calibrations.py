"""Speeds are measured anew where they may not be true any more."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import pytest

from neural_style.engine import Stylizer
from neural_style.engine.plan.estimate import Calibration
from neural_style.worker.calibrations import MAX_AGE_SECONDS, Calibrations
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import Settings

SPEED = Calibration(whole=1.5, tiled=2.5)
SETTINGS = Settings()


class Timed:
    """A device whose speed is known."""

    def __init__(self, name: str) -> None:
        self.device_name = name

    def calibrate(self, *_arguments: object) -> Calibration:
        return SPEED


def device(name: str) -> Stylizer:
    return cast(Stylizer, Timed(name))


def test_a_speed_is_kept_for_its_device(tmp_path: Path) -> None:
    Calibrations(Home(tmp_path)).measure(device("one"), SETTINGS)
    assert Calibrations(Home(tmp_path)).known(device("one"), SETTINGS) == SPEED
    assert Calibrations(Home(tmp_path)).known(device("other"), SETTINGS) is None
    (tmp_path / "calibration.json").write_text("not json")
    assert Calibrations(Home(tmp_path)).known(device("one"), SETTINGS) is None


@pytest.mark.parametrize("age", [MAX_AGE_SECONDS + 60, -60.0])
def test_an_old_speed_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    """The machine may have been busy then, or the clock was wrong."""
    now, calibrations = time.time(), Calibrations(Home(tmp_path))
    monkeypatch.setattr(time, "time", lambda: now - age)
    calibrations.measure(device("one"), SETTINGS)
    assert calibrations.known(device("one"), SETTINGS) == SPEED
    monkeypatch.setattr(time, "time", lambda: now)
    assert calibrations.known(device("one"), SETTINGS) is None
    assert calibrations.last(device("one"), SETTINGS) == SPEED
    assert calibrations.last(device("other"), SETTINGS) is None


def test_another_version_measures_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrations = Calibrations(Home(tmp_path))
    calibrations.measure(device("one"), SETTINGS)
    monkeypatch.setattr("neural_style.worker.calibrations.__version__", "0.0.0")
    assert calibrations.known(device("one"), SETTINGS) is None
