"""``python -m neural_style.worker.estimate HOME``: what a picture will take, as JSON.

A process of its own, because only the worker's side imports the engine, and there may be no
daemon. It reads one JSON object from standard input, ``{"width", "height", "settings",
"recalibrate"}``, and prints one: the estimate, or ``{"error": ...}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neural_style import weights
from neural_style.engine import Stylizer
from neural_style.engine.plan.estimate import Estimate
from neural_style.worker.calibrations import Calibrations
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import Settings


def main(home: Home, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question.

    Raises:
        NeuralStyleError: the picture cannot be made, or the weights cannot be loaded.
    """
    settings = Settings.from_dict(asked["settings"])
    stylizer = Stylizer(weights.ensure(home.weights, settings.weights), device=settings.device)
    calibrations = Calibrations(home)
    known = None if asked.get("recalibrate") else calibrations.known(stylizer, settings)
    calibration = known or calibrations.measure(stylizer, settings)
    content = asked["height"], asked["width"]
    return _plain(stylizer.estimate(settings, content, calibration), stylizer.device_name)


def _plain(estimate: Estimate, device: str) -> dict[str, Any]:
    height, width = estimate.size
    method = estimate.method
    return {
        "width": width,
        "height": height,
        "device": device,
        "method": "whole" if method.tile is None else "tiled",
        "tile": method.tile,
        "kept_blocks": method.kept,
        "lean": method.lean,
        "evaluations": estimate.evaluations,
        "full_size_evaluations": round(estimate.full_size_evaluations, 2),
        "seconds": round(estimate.seconds, 1),
        "peak_bytes": estimate.peak_bytes,
        "free_bytes": estimate.free_bytes,
    }


if __name__ == "__main__":
    try:
        answer = main(Home(Path(sys.argv[1])), json.load(sys.stdin))
    except NeuralStyleError as error:
        told = {"code": error.code, "sentence": error.sentence, "next_step": error.next_step}
        answer = {"error": told}
    print(json.dumps(answer))
