"""JSON for programs: one line on standard output."""

from __future__ import annotations

import json
import math
from typing import Any

from neural_style.cli.terminal import write_out
from neural_style_protocol.errors import NeuralStyleError


def print_json(value: Any) -> None:
    """Print ``value`` as one line of JSON.

    Raises:
        OutputError: standard output cannot be written to.
    """
    write_out(json.dumps(_strict(value), allow_nan=False) + "\n")


def error_values(error: NeuralStyleError) -> dict[str, str]:
    """The values of ``error`` for JSON."""
    return {"code": error.code, "sentence": error.sentence, "next_step": error.next_step}


def _strict(value: Any) -> Any:
    """``value`` with null in place of NaN and infinity, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(inner) for inner in value]
    return value
