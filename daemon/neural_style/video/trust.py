"""How far the frames before can be trusted at each pixel of a frame, and what they say there.

The checks are those of Ruder, Dosovitskiy & Brox, *Artistic style transfer for videos*, GCPR 2016,
and one more: a pixel that has changed its lightness is not the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neural_style.video.flow import Grey, Plane, flow, moved, resized

MOST_CHANGE = 32
"""Levels of 255 by which a trusted pixel's lightness may differ."""


@dataclass(frozen=True)
class Earlier:
    """A frame before: its ``grey`` content (h, w), and its ``paint`` (h, w, 3)."""

    grey: Grey
    paint: Plane


@dataclass(frozen=True)
class Expected:
    """What the frames before make one expect: ``paint`` (h, w, 3), ``trust`` (h, w) in [0, 1]."""

    paint: Plane
    trust: Plane


def expected(grey: Grey, before: Sequence[Earlier]) -> Expected:
    """What a frame with this content looks like, after the frames before it.

    The nearest frame says what it can; the others say what the nearer ones cannot.

    Args:
        before: at least one, nearest first; all of one size.

    Raises:
        PackageMissing: OpenCV is not installed.
    """
    height, width = before[0].grey.shape
    own = resized(grey, width, height)
    paint = np.zeros_like(before[0].paint)
    trust = np.zeros((height, width), np.float32)
    for each in before:
        back = flow(own, each.grey)
        share = np.minimum(trusted(own, each.grey, back, flow(each.grey, own)), 1 - trust)
        paint += share[..., None] * moved(each.paint, back)
        trust += share
    mean = paint / np.maximum(trust, 1e-6)[..., None]
    return Expected(np.asarray(mean, np.float32), trust)


def trusted(frame: Grey, other: Grey, back: Plane, forth: Plane) -> Plane:
    """1 where ``other`` shows the same thing as ``frame``, 0 elsewhere: (h, w).

    Args:
        back: the flow from ``frame`` to ``other``.
        forth: the flow from ``other`` to ``frame``.
    """
    height, width = frame.shape
    returned = moved(forth, back)
    length = _squared(back)
    comes_back = _squared(back + returned) <= 0.01 * (length + _squared(returned)) + 0.5
    slopes = np.asarray(np.gradient(back, axis=(0, 1)), np.float32)
    is_smooth = np.square(slopes).sum((0, 3)) <= 0.01 * length + 0.002
    x = np.arange(width, dtype=np.float32) + back[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + back[..., 1]
    is_inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    change = moved(other.astype(np.float32), back) - frame.astype(np.float32)
    is_alike = np.abs(change) <= MOST_CHANGE
    return np.asarray(comes_back & is_smooth & is_inside & is_alike, np.float32)


def _squared(vectors: Plane) -> Plane:
    return np.asarray((vectors * vectors).sum(-1), np.float32)
