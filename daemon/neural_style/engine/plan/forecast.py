"""How long a picture will still take, told from its own evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from statistics import median

import torch

from neural_style.engine.plan.estimate import SECONDS_PER_EVALUATION, Calibration, Expected

SLOW = Calibration(whole=10.0, tiled=12.5)
"""Expected of a device whose speed was never measured: rather a slow one, so that the progress does
not begin too fast and stand still later."""

BEGINNING_NOISE = 0.2
LEAST_SECONDS = 1e-6


@dataclass(frozen=True)
class Measured:
    """A measurement.

    Attributes:
        expected: seconds that were expected for the pixels.
        seconds: that it took.
        noise: how far this may be from the truth, as a share of it.
    """

    expected: float
    seconds: float
    noise: float

    @property
    def weight(self) -> float:
        """In a least squares fit."""
        return (self.noise * max(self.seconds, LEAST_SECONDS)) ** -2

    @classmethod
    def of_evaluations(cls, expected: float, seconds: Sequence[float]) -> Measured:
        """The median, which a preview or another program changes the less the more there are."""
        return cls(expected, median(seconds), 0.03 + 0.25 / math.sqrt(len(seconds)))


@dataclass(frozen=True)
class Doubt:
    """How far what is measured may be from what was expected.

    Attributes:
        fixed: the fixed cost, in seconds.
        fixed_spread: how far from it is no surprise, in seconds.
        pace: the same for the pace, as a factor.
    """

    fixed: float
    fixed_spread: float
    pace: float


OF_EVALUATIONS = Doubt(SECONDS_PER_EVALUATION, 0.05, pace=1.4)
OF_BEGINNINGS = Doubt(fixed=0.1, fixed_spread=0.2, pace=2.0)
UNMEASURED_PACE = 10.0
"""The pace's doubt on a device whose speed was never measured."""
TELLING = 0.12
"""There, the share of the finest scale's pixels from which on the time that is left is told."""

PACES = 2.0 ** (torch.arange(-56, 57, dtype=torch.float64) / 8)


@dataclass(frozen=True)
class Trend:
    """Seconds against those that were expected: ``fixed + pace · expected``."""

    fixed: float
    pace: float

    def at(self, expected: float) -> float:
        """The seconds of what is expected to take so many for its pixels."""
        return self.fixed + self.pace * expected

    @classmethod
    def through(cls, measured: Collection[Measured], prior: Doubt) -> Trend:
        """The most likely trend: it is near to what was measured, and to what was expected.

        A small picture tells the fixed cost, and hardly anything of the pace. Both are positive.
        """
        # For each pace, the fixed cost of the least squares; then the pace of the least misfit.
        one = prior.fixed_spread**-2
        total = torch.full_like(PACES, one * prior.fixed)
        for point in measured:
            one += point.weight
            total += point.weight * (point.seconds - PACES * point.expected)
        fixed = (total / one).clamp(min=0)
        misfit = ((fixed - prior.fixed) / prior.fixed_spread).square()
        misfit += (PACES.log() / math.log(prior.pace)).square()
        for point in measured:
            misfit += point.weight * (fixed + PACES * point.expected - point.seconds).square()
        best = int(misfit.argmin())
        return cls(float(fixed[best]), float(PACES[best]))


class Forecast:
    """Tells the time that is left, and the share that has passed.

    It begins with what was expected. What a scale takes before its first evaluation, and for each
    one, corrects what is expected of the scales to come.

    Attributes:
        fraction: the share of the time that has passed, in [0, 1]; it never falls.

    Args:
        expected: of each scale.
        clock: the seconds that were spent on the picture until now.
        calibrated: whether the device's speed was measured; without, nothing is told of the time
            that is left before a scale of at least :data:`TELLING` of the finest's pixels.
    """

    def __init__(
        self, expected: Sequence[Expected], clock: Callable[[], float], *, calibrated: bool
    ) -> None:
        self._expected = expected
        self._clock = clock
        self._calibrated = calibrated
        self._doubt = OF_EVALUATIONS
        if not calibrated:
            self._doubt = replace(OF_EVALUATIONS, pace=UNMEASURED_PACE)
        self._evaluations: dict[int, Measured] = {}
        self._beginnings: dict[int, Measured] = {}
        self.fraction = 0.0
        self._left = 0.0
        self.begin(0)

    def begin(self, place: int) -> None:
        """The scale at ``place`` begins."""
        self._place = place
        self._to_do = self._expected[place].evaluations
        self._began = self._last = self._clock()
        self._first: float | None = None
        self._each: list[float] = []

    def evaluated(self, to_do: int) -> None:
        """One evaluation has ended; as many as ``to_do`` are left at this scale."""
        now, expected = self._clock(), self._expected[self._place]
        self._to_do = to_do
        if self._first is None:
            self._first = now - self._began
        else:
            self._each.append(now - self._last)
            found = Measured.of_evaluations(expected.evaluation, self._each)
            self._evaluations[self._place] = found
        self._last = now
        self._look_ahead(now, self._first)

    @property
    def left(self) -> float | None:
        """Seconds left after the last evaluation; None if too little is known."""
        enough = TELLING * self._expected[-1].evaluation
        has_told = any(known.expected >= enough for known in self._evaluations.values())
        return self._left if self._calibrated or has_told else None

    def _look_ahead(self, now: float, first: float) -> None:
        evaluations = Trend.through(self._evaluations.values(), self._doubt)
        here, to_come = self._expected[self._place], self._expected[self._place + 1 :]
        each = median(self._each) if self._each else evaluations.at(here.evaluation)
        seconds = max(0.0, first - each)
        self._beginnings[self._place] = Measured(here.beginning, seconds, BEGINNING_NOISE)
        beginnings = Trend.through(self._beginnings.values(), OF_BEGINNINGS)
        self._left = self._to_do * each + sum(
            beginnings.at(scale.beginning) + scale.evaluations * evaluations.at(scale.evaluation)
            for scale in to_come
        )
        share = now / (now + self._left) if now + self._left > 0 else 0.0
        self.fraction = max(self.fraction, min(1.0, share))
