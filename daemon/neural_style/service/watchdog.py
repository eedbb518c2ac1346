"""Noticing a worker that answers but computes no more: a hung kernel, say."""

from __future__ import annotations

import time
from collections.abc import Callable

from neural_style.service.jobs import Job
from neural_style.service.limits import Limits

UNWATCHED_SECONDS = 5.0


class Watchdog:
    """Watches the running job for signs of life.

    Between two signs there is an evaluation of at most a megapixel or so, or a tile; before the
    first, the pictures are read and looked at. The patience is hundreds of times that, and
    grows with the pictures, so that only what stands still runs into it.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._last_sign = self._last_look = clock()
        self._pulse = 0

    def sign(self) -> None:
        """The worker has begun a job, or said something of it."""
        self._last_sign = self._clock()

    def pulse(self, pulse: int) -> None:
        """What the worker answers to a beat: another number than before is a sign."""
        if pulse != self._pulse:
            self._pulse = pulse
            self.sign()

    def hangs(self, job: Job) -> bool:
        """Whether ``job``, which runs, has shown no sign of life for too long.

        To be asked again and again: after a while in which nobody asked, because this process
        or the whole machine slept, patience begins anew.
        """
        now = self._clock()
        if now - max(self._last_look, self._last_sign) > UNWATCHED_SECONDS:
            self.sign()
        self._last_look = now
        megapixels = sum(offer.spec.width * offer.spec.height for offer in job.offers) / 1e6
        patience = self._limits.hung_worker + self._limits.hung_per_megapixel * megapixels
        return now - self._last_sign > patience
