"""The measured speed of this machine, stored in the home, for estimates."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from neural_style import __version__
from neural_style.engine import Stylizer
from neural_style.engine.plan.estimate import Calibration
from neural_style_protocol import atomic
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import Settings

WHOLE, TILED, FIXED, WHEN = ", whole", ", in tiles", ", fixed", ", measured at"
MAX_AGE_SECONDS = 86_400.0
"""Older measurements are repeated, because the machine may have been busy with other work."""


class Calibrations:
    """The speeds that are stored in ``home``, by version, device and precision."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file = home.calibrations

    def known(self, stylizer: Stylizer, settings: Settings) -> Calibration | None:
        """The stored speed for such pictures; None if it is missing or too old."""
        age = time.time() - self._read().get(_key(stylizer, settings) + WHEN, 0.0)
        return self.last(stylizer, settings) if 0 <= age < MAX_AGE_SECONDS else None

    def last(self, stylizer: Stylizer, settings: Settings) -> Calibration | None:
        """The same, however old it is; None if it was never measured."""
        speeds, key = self._read(), _key(stylizer, settings)
        whole, tiled = speeds.get(key + WHOLE), speeds.get(key + TILED)
        fixed = speeds.get(key + FIXED)
        if whole is None or tiled is None or fixed is None:
            return None
        return Calibration(whole, tiled, fixed)

    def measure(
        self,
        stylizer: Stylizer,
        settings: Settings,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Calibration:
        """Measure the speed, which takes seconds, and store it.

        Raises:
            CalibrationStopped: ``should_stop`` returned true.
            StorageError: the result cannot be stored.
        """
        calibration = stylizer.calibrate(settings, should_stop)
        key = _key(stylizer, settings)
        measured = {
            key + WHOLE: calibration.whole,
            key + TILED: calibration.tiled,
            key + FIXED: calibration.fixed,
            key + WHEN: time.time(),
        }
        speeds = {**self._read(), **measured}
        self._home.make_private_folder(self._file.parent)
        atomic.write(self._file, json.dumps(speeds).encode())
        return calibration

    def _read(self) -> dict[str, float]:
        try:
            speeds = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(key): float(value) for key, value in speeds.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # missing or damaged: measure again


def _key(stylizer: Stylizer, settings: Settings) -> str:
    precision = "textbook" if settings.preset == "textbook" else "usual"
    return f"{__version__}, {stylizer.device_name}, {precision}"
