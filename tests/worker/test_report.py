"""How often a job shows its picture."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from torch import Tensor

from neural_style.engine.task import Losses, Progress
from neural_style.jobstore.job_folder import JobFolder
from neural_style.worker.checkpoints import Checkpoints
from neural_style.worker.pictures import planes_of
from neural_style.worker.report import FIRST_PAUSE, PREVIEW_SECONDS, PREVIEW_SHARE, Report
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol.pixels import Picture


class Still:
    """An iterate that does not change."""

    def __call__(self) -> Tensor:
        return torch.zeros(3, 16, 20)

    def state(self, most_bytes: int) -> None:
        return None


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


def test_the_time_of_a_preview_between_steps_is_not_counted(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[daemon_messages.Progress] = []
    report.send = lambda message, pictures: (
        told.append(message) if isinstance(message, daemon_messages.Progress) else None
    )
    began = report.began
    for seconds, left in ((5.0, None), (106.0, 8.0)):
        monkeypatch.setattr(time, "monotonic", lambda now=began + seconds: now)
        losses = Losses({"content": 1.0, "style": 2.0})
        progress = Progress(
            step=1, total=9, fraction=0.1, losses=losses, size=(20, 16), evaluation=1, left=left
        )
        if seconds > 100.0:
            report.leave_out(100.0)
        report.observe(progress, Still())
    assert [line.elapsed for line in told] == [pytest.approx(5.0), pytest.approx(6.0)]
    assert [line.remaining for line in told] == [None, pytest.approx(8.0)]


def test_the_losses_are_told_by_name(report: Report) -> None:
    losses = Losses({"content": 1.0, "style": 2.0, "total_variation": 0.5})
    told: list[daemon_messages.Progress] = []
    report.send = lambda message, pictures: (
        told.append(message) if isinstance(message, daemon_messages.Progress) else None
    )
    progress = Progress(1, 9, 0.5, losses, (20, 16), scale=0, evaluation=1)
    report.observe(progress, Still())
    assert told[0].losses.by_name == {
        "content": 1.0,
        "style": 2.0,
        "total_variation": 0.5,
        "total": 3.5,
    }
