"""Judged pictures compared: medians, and ours against each rival at the same content distance."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from .judging import Measures
from .records import OURS, Judged

COMPARED = ("style", "patch")
"""Measures of how much of the style there is; less is better."""

Pair = tuple[str, str]
Curve = Sequence[Measures]
"""Ours for one pair, the photograph itself first, then by strength."""


@dataclass(frozen=True)
class SignTest:
    """Pairs that are better and worse than the rival's; ties count for neither.

    Attributes:
        median_difference: of the measure, ours less the rival's.
        p: of so uneven a split, or one more uneven, if both were equally likely (two-sided).
    """

    better: int
    worse: int
    median_difference: float
    p: float


def medians(records: Iterable[Judged]) -> dict[str, dict[str, float]]:
    """By maker the median of each measure and of the seconds, and the count of pairs."""
    by_maker: dict[str, list[Judged]] = {}
    for record in records:
        by_maker.setdefault(record.making.maker, []).append(record)
    return {
        maker: {
            **median_of(one.measures for one in of_maker),
            "seconds": statistics.median(one.making.seconds for one in of_maker),
            "processor_seconds": statistics.median(
                one.making.processor_seconds for one in of_maker
            ),
            "pairs": len(of_maker),
        }
        for maker, of_maker in by_maker.items()
    }


def median_of(measures: Iterable[Measures]) -> dict[str, float]:
    """The median of each measure."""
    rows = [asdict(one) for one in measures]
    return {name: round(statistics.median(row[name] for row in rows), 4) for name in rows[0]}


def at_content(curve: Curve, content: float, name: str) -> float:
    """The measure ``name`` where the curve's content distance is ``content``.

    Linear between neighbours. Beyond the curve's end it is that of the end, whose content distance
    is less than was allowed.
    """
    points = sorted((one.content, float(getattr(one, name))) for one in curve)
    if content >= points[-1][0]:
        return points[-1][1]
    for (below, low), (above, high) in itertools.pairwise(points):
        if below <= content < above:
            share = (content - below) / (above - below)
            return low + share * (high - low)
    return points[0][1]


def against(
    curves: Mapping[Pair, Curve], rival: Mapping[Pair, Measures], name: str
) -> dict[Pair, float]:
    """By pair the measure ``name``, ours less the rival's, at the rival's content distance."""
    return {
        pair: at_content(curves[pair], theirs.content, name) - float(getattr(theirs, name))
        for pair, theirs in rival.items()
        if pair in curves
    }


def sign_test(differences: Sequence[float]) -> SignTest:
    """Whether ours is less than the rival's more often than chance has it.

    Raises:
        ValueError: there are no differences.
    """
    if not differences:
        raise ValueError("there is nothing to compare")
    better = sum(one < 0 for one in differences)
    worse = sum(one > 0 for one in differences)
    count, fewer = better + worse, min(better, worse)
    tail = sum(math.comb(count, k) for k in range(fewer + 1)) / 2**count
    return SignTest(better, worse, round(statistics.median(differences), 4), min(1.0, 2 * tail))


def curves_of(records: Iterable[Judged], photographs: Mapping[Pair, Measures]) -> dict[Pair, Curve]:
    """Our curve for each pair; ``photographs`` are the measures of the untouched ones."""
    ours = [record for record in records if record.making.by == OURS]
    ours.sort(key=lambda record: record.making.strength)
    found: dict[Pair, list[Measures]] = {}
    for record in ours:
        pair = record.making.pair
        found.setdefault(pair, [photographs[pair]]).append(record.measures)
    return dict(found)


def rivals_of(records: Iterable[Judged]) -> dict[str, dict[Pair, Measures]]:
    """By rival and pair its measures."""
    found: dict[str, dict[Pair, Measures]] = {}
    for record in records:
        if record.making.by != OURS:
            found.setdefault(record.making.by, {})[record.making.pair] = record.measures
    return found


def comparisons(
    curves: Mapping[Pair, Curve],
    rivals: Mapping[str, Mapping[Pair, Measures]],
    kinds: Mapping[str, str],
) -> dict[str, dict[str, object]]:
    """For each rival and measure the sign test, and the median difference by kind of style.

    Args:
        kinds: by the name of a style, its kind.
    """
    report: dict[str, dict[str, object]] = {}
    for rival, measured in rivals.items():
        for name in COMPARED:
            differences = against(curves, measured, name)
            if not differences:
                continue
            by_kind: dict[str, list[float]] = {}
            for (_, style), difference in differences.items():
                by_kind.setdefault(kinds[style], []).append(difference)
            report.setdefault(rival, {})[name] = {
                **asdict(sign_test(list(differences.values()))),
                "by_kind": {kind: round(statistics.median(d), 4) for kind, d in by_kind.items()},
            }
    return report


def worst(
    curves: Mapping[Pair, Curve], rivals: Mapping[str, Mapping[Pair, Measures]], count: int = 5
) -> list[str]:
    """The pairs where ours is furthest behind the best rival in style, furthest first."""
    behind: dict[Pair, float] = {}
    for measured in rivals.values():
        for pair, difference in against(curves, measured, "style").items():
            behind[pair] = max(behind.get(pair, -math.inf), difference)
    return ["-on-".join(pair) for pair in sorted(behind, key=lambda p: -behind[p])[:count]]
