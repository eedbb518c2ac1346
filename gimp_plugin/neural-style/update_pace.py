"""Limit how often the layer is redrawn, so that drawing takes a small share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from neural_style_protocol.pixels import Picture

SHARE = 0.08
"""The largest share of the time for updates, in the plug-in and then in GIMP."""

GIMP_AFTERWARDS = 1.0
"""The time that GIMP then needs to compose and show the layer, relative to the drawing time."""

FIRST_PAUSE = 2.0
"""The longest pause after the first drawing, in seconds. That drawing is slow, because GIMP
prepares for the pixel format."""

Later: TypeAlias = Callable[[float, Callable[[], None]], None]
"""Calls a function after some seconds."""


class UpdatePace:
    """Draws the newest picture, then pauses in proportion to the time that drawing took.

    A picture that arrives during the pause is drawn after it, unless a newer one replaces it.

    Args:
        draw: draws a picture; the time it takes determines the pause.
        later: calls a function after some seconds.
        clock: a monotonic clock, in seconds.
        share: the largest share of the time for updates.
    """

    def __init__(
        self,
        draw: Callable[[Picture], None],
        later: Later,
        clock: Callable[[], float] = time.monotonic,
        share: float = SHARE,
    ) -> None:
        self._draw, self._share = draw, share
        self._later = later
        self._clock = clock
        self._waiting: Picture | None = None
        self._due = float("-inf")
        self._is_timed = False
        self._costs: list[float] = []

    def show(self, picture: Picture) -> None:
        """Draw ``picture`` now, or after the pause."""
        self._waiting = picture
        if not self._is_timed:
            self._draw_when_due()

    def forget(self) -> None:
        """Drop the picture that is waiting."""
        self._waiting = None

    def _draw_when_due(self) -> None:
        self._is_timed = False
        if self._waiting is None:
            return
        left = self._due - self._clock()
        if left > 0:
            self._is_timed = True
            self._later(left, self._draw_when_due)
            return
        picture, self._waiting = self._waiting, None
        began = self._clock()
        self._draw(picture)
        ended = self._clock()
        is_first = not self._costs
        self._costs = [*self._costs[-1:], ended - began]
        # The shorter of the last two times, because the machine may be busy for a moment only.
        pause = min(self._costs) * (1 + GIMP_AFTERWARDS) / self._share
        self._due = began + (min(pause, FIRST_PAUSE) if is_first else pause)
