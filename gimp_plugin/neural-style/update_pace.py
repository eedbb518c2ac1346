"""How often the layer is drawn anew: as often as may be without taking much of the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from neural_style_protocol.pixels import Picture

SHARE = 0.08
"""Most of the time that updates may take: in the plug-in, and in GIMP after it."""

GIMP_AFTERWARDS = 1.0
"""How long GIMP goes on composing and showing the layer, in times of what drawing it took."""

FIRST_PAUSE = 2.0
"""Seconds after the first drawing, however long it took: GIMP gets ready for the format in it."""

Later: TypeAlias = Callable[[float, Callable[[], None]], None]
"""Calls a function after some seconds."""


class UpdatePace:
    """Draws the newest picture, and then none until that has become a small share of the time.

    A picture that comes too early waits; it is drawn when its time has come, unless a newer one
    has taken its place.

    Args:
        draw: shows a picture; how long it takes decides when the next one is due.
        later: calls a function after some seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        draw: Callable[[Picture], None],
        later: Later,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw = draw
        self._later = later
        self._clock = clock
        self._waiting: Picture | None = None
        self._due = float("-inf")
        self._is_timed = False
        self._costs: list[float] = []

    def show(self, picture: Picture) -> None:
        """Draw ``picture`` now, or when its time has come."""
        self._waiting = picture
        if not self._is_timed:
            self._go_on()

    def forget(self) -> None:
        """Draw nothing that is waiting: it is not wanted any more."""
        self._waiting = None

    def _go_on(self) -> None:
        self._is_timed = False
        if self._waiting is None:
            return
        left = self._due - self._clock()
        if left > 0:
            self._is_timed = True
            self._later(left, self._go_on)
            return
        picture, self._waiting = self._waiting, None
        began = self._clock()
        self._draw(picture)
        ended = self._clock()
        is_first = not self._costs
        self._costs = [*self._costs[-1:], ended - began]
        # The better of the last two: a machine that is busy for a moment says nothing of the next.
        pause = min(self._costs) * (1 + GIMP_AFTERWARDS) / SHARE
        self._due = began + (min(pause, FIRST_PAUSE) if is_first else pause)
