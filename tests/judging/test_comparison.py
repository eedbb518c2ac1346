"""How judged pictures are compared, drawn and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.judge import Measures
from benchmarks.judge.comparison import (
    against,
    at_content,
    comparisons,
    curves_of,
    medians,
    rivals_of,
    sign_test,
    worst,
)
from benchmarks.judge.drawing import draw_curves
from benchmarks.judge.records import (
    Judged,
    Making,
    read_judged,
    read_making,
    write_judged,
    write_making,
)

PHOTOGRAPH = Measures(style=0.8, patch=0.9, content=0.0, grain=0.5, photograph_left=1.0)
MAKING = Making("ours", "c0ffee", "", "cat", "ink", 50.0, 224, 4.0, 3.0, "a processor")


def record(by: str, strength: float, style: float, content: float, of: str = "cat") -> Judged:
    making = replace(MAKING, by=by, strength=strength, content=of)
    return Judged(making, replace(PHOTOGRAPH, style=style, content=content))


RECORDS = [
    record("ours", 70.0, 0.2, 0.2),
    record("ours", 30.0, 0.6, 0.1),
    record("rival", 0.0, 0.5, 0.15),
    record("ours", 30.0, 0.7, 0.1, of="dog"),
    record("rival", 0.0, 0.6, 0.9, of="dog"),
]
CURVES = curves_of(RECORDS, {("cat", "ink"): PHOTOGRAPH, ("dog", "ink"): PHOTOGRAPH})


@pytest.mark.parametrize(
    ("content", "style"),
    [(0.0, 0.8), (0.05, 0.7), (0.1, 0.6), (0.15, 0.4), (0.2, 0.2), (0.5, 0.2)],
)
def test_the_style_at_a_content_distance_is_interpolated(content: float, style: float) -> None:
    assert at_content(CURVES["cat", "ink"], content, "style") == pytest.approx(style)


def test_ours_is_compared_at_the_rivals_content_distance_or_less() -> None:
    differences = against(CURVES, rivals_of(RECORDS)["rival"], "style")
    assert differences == pytest.approx({("cat", "ink"): -0.1, ("dog", "ink"): 0.1})


@pytest.mark.parametrize(
    ("differences", "better", "worse", "p"),
    [
        ([-1.0] * 8, 8, 0, 2 / 256),
        ([-1.0] * 3 + [1.0], 3, 1, 2 * 5 / 16),
        ([-1.0, 0.0, 1.0], 1, 1, 1.0),
        ([0.0], 0, 0, 1.0),
    ],
)
def test_the_sign_test_is_the_binomials(
    differences: list[float], better: int, worse: int, p: float
) -> None:
    found = sign_test(differences)
    assert (found.better, found.worse, found.p) == (better, worse, pytest.approx(p))


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="nothing"):
        sign_test([])


def test_a_report_has_medians_kinds_and_the_worst_pairs() -> None:
    found = medians(RECORDS)
    assert found["ours 30"]["style"] == pytest.approx(0.65)
    assert found["rival"]["pairs"] == 2
    report = comparisons(CURVES, rivals_of(RECORDS), {"ink": "ink"})
    assert report["rival"]["style"]["by_kind"] == {"ink": pytest.approx(0)}  # type: ignore[index]
    assert worst(CURVES, rivals_of(RECORDS), 1) == ["dog-on-ink"]


def test_curves_are_drawn() -> None:
    with_rivals = np.asarray(draw_curves(CURVES, rivals_of(RECORDS)))
    alone = np.asarray(draw_curves(CURVES, {}))
    red = [192, 57, 43]
    assert (with_rivals == red).all(-1).sum() > 100
    assert not (alone == red).all(-1).any()


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    write_judged(RECORDS, tmp_path / "kept.json")
    found = read_judged(tmp_path / "kept.json")
    assert sorted(found, key=str) == sorted(RECORDS, key=str)
    assert read_judged(tmp_path / "none.json") == []
    picture = tmp_path / "cat-on-ink.png"
    write_making(MAKING, picture)
    assert read_making(picture) is None  # the picture itself is not there
    picture.touch()
    assert read_making(picture) == MAKING
