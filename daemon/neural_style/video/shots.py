"""Where a shot ends and another begins."""

from __future__ import annotations

from neural_style.video.flow import Plane

LEAST_TRUSTED = 0.3
"""A frame of which a smaller share is known from the frames before begins a new shot."""


def begins_shot(trust: Plane) -> bool:
    """Whether a frame is the first of a shot, by how far the frames before can be trusted."""
    return float(trust.mean()) < LEAST_TRUSTED
