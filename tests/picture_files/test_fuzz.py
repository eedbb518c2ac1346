"""A few hundred odd and damaged files; run ``fuzz.py`` for more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from picture_files.fuzz import Case, damaged, odd_metadata, outcome

Cases = Callable[[int], Iterator[Case]]


def outcomes(cases: Cases, count: int, folder: Path) -> dict[str, str]:
    return {case.label: outcome(case, folder) for case in islice(cases(3), count)}


def test_metadata_never_prevents_reading_a_picture(tmp_path: Path) -> None:
    found = outcomes(odd_metadata, 400, tmp_path)
    assert {label: result for label, result in found.items() if result != "read"} == {}


def test_a_damaged_file_is_refused_with_an_error_or_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    found = list(outcomes(damaged, 300, tmp_path).values())
    assert set(found) == {"read", "refused"}
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
