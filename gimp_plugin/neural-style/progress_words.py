"""What the window of a run says while it paints, from the daemon's progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentences import duration
from words import _

if TYPE_CHECKING:
    from neural_style_protocol.events import Progress


def state(turn: int, count: int) -> str:
    """What is being done: the layer ``turn`` of ``count`` is painted."""
    if count == 1:
        return _("Painting…")
    return _("Painting layer {turn} of {count}…").format(turn=turn, count=count)


def share(progress: Progress) -> str:
    """How much is done, and the time that is left."""
    percent = f"{100 * progress.fraction:.0f} %"
    if progress.remaining is None:
        return percent
    return percent + "  ·  " + _("{time} left").format(time=duration(progress.remaining))


def details(progress: Progress) -> str:
    """What only those want to know who know the method."""
    return _("Step {step} of {total}, at {width} × {height} pixels").format(
        step=progress.step,
        total=progress.total,
        width=progress.width,
        height=progress.height,
    )
