"""How often a job shows its picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from neural_style.worker.checkpoints import Checkpoints
from neural_style.worker.job_folder import JobFolder
from neural_style.worker.pictures import planes_of
from neural_style.worker.report import FIRST_PAUSE, PREVIEW_SECONDS, PREVIEW_SHARE, Report
from neural_style.worker.stop import Stop
from neural_style_protocol.pixels import Picture


@pytest.fixture
def report(tmp_path: Path) -> Report:
    folder = JobFolder(tmp_path)
    content = planes_of(Picture.of(20, 16, 3, bytes(960)))
    nobody = lambda message, pictures: None  # noqa: E731
    return Report("job", nobody, folder, Checkpoints(folder), content, "u8", Stop())


def test_previews_take_a_small_share_of_the_time(report: Report) -> None:
    pauses = [report._pause_after(cost) for cost in (0.001, 0.2, 0.2, 0.2)]
    assert pauses[2:] == [PREVIEW_SHARE * 0.2] * 2
    assert report._pause_after(0.0001) == PREVIEW_SECONDS


def test_what_is_slow_once_does_not_hold_up_the_rest(report: Report) -> None:
    """The first one, and any other while the machine is busy with something else."""
    assert report._pause_after(3.0) == FIRST_PAUSE
    assert [report._pause_after(cost) for cost in (0.01, 5.0, 0.01)] == [PREVIEW_SHARE * 0.01] * 3
