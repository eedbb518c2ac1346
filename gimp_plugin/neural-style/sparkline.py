"""A curve as one line of text, which works with every theme and screen reader."""

from __future__ import annotations

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """``values`` as at most ``width`` bars, on a logarithmic scale, the newest on the right."""
    levels = [math.log(max(value, 1e-30)) for value in values if math.isfinite(value)]
    if not levels:
        return ""
    count = min(width, len(levels))
    picked = [levels[(i + 1) * len(levels) // count - 1] for i in range(count)]
    low, span = min(picked), max(picked) - min(picked)
    if span == 0:
        return BARS[0] * count
    return "".join(BARS[round((level - low) / span * (len(BARS) - 1))] for level in picked)
