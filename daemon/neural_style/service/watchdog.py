"""Detects a worker that answers but no longer computes, for example because a kernel hangs."""

from __future__ import annotations

import time
from collections.abc import Callable

from neural_style.service.jobs import Job
from neural_style.service.limits import Limits

LONGEST_GAP_SECONDS = 5.0
"""A longer gap between two checks means that this process was not running."""


class Watchdog:
    """Watches the running job for signs of life.

    Between two signs the worker computes one tile, or an evaluation of about a megapixel; before
    the first sign it reads and prepares the pictures. The timeout is hundreds of times longer and
    grows with the pictures, so that only a hung job reaches it.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._last_sign = self._last_check = clock()
        self._pulse = 0

    def sign_of_life(self) -> None:
        """The worker has started a job, or has sent a message about it."""
        self._last_sign = self._clock()

    def pulse(self, pulse: int) -> None:
        """Take the number in the worker's ``beat``; a change is a sign of life."""
        if pulse != self._pulse:
            self._pulse = pulse
            self.sign_of_life()

    def hangs(self, job: Job) -> bool:
        """Whether the running ``job`` has shown no sign of life for too long.

        Call this regularly. After a gap without calls the timeout starts again, because this
        process or the whole machine was suspended.
        """
        now = self._clock()
        if now - max(self._last_check, self._last_sign) > LONGEST_GAP_SECONDS:
            self.sign_of_life()
        self._last_check = now
        megapixels = sum(offer.spec.width * offer.spec.height for offer in job.offers) / 1e6
        timeout = self._limits.hung_worker + self._limits.hung_per_megapixel * megapixels
        return now - self._last_sign > timeout
