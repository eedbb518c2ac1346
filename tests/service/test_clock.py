"""The clock may jump: it dates the jobs, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from neural_style.service import history as module
from neural_style.service.history import History
from neural_style.service.jobs import Job, Jobs
from neural_style.service.limits import Limits
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import PictureSpec
from neural_style_protocol.settings import Settings

ROOT = Path(__file__).parents[2]
OFFERS = tuple(ImageOffer(role, PictureSpec(1, 1, 3)) for role in ("content", "style"))


class Kept:
    """A history whose jobs are made while the clock shows what a test wants."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, limits: Limits | None = None) -> None:
        self._home = Home(root)
        self._patch = patch
        self._limits = limits or Limits()
        self.restart()

    def restart(self) -> list[Job]:
        """Another daemon's history of the same folder; its jobs."""
        self.history = History(self._home, self._limits)
        return self.history.load()

    def make(self, clock: float) -> str:
        self._patch.setattr(module.time, "time", lambda: clock)
        job = self.history.new_job(Settings(), OFFERS, "test", b"")
        for index in range(len(OFFERS)):
            job.folder.append(index, b"abc")
        self.history.save(job)
        return job.name


def test_the_newest_job_is_the_newest_whatever_the_clock_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path, monkeypatch)
    made = [kept.make(clock) for clock in (2e9, 1e9, 3e9)]
    assert [job.name for job in kept.restart()] == made
    made.append(kept.make(5e8))
    found = kept.restart()
    assert [job.name for job in found] == made
    assert [job.created for job in found] == [2e9, 1e9, 3e9, 5e8]


def test_the_oldest_goes_first_although_the_clock_went_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(history_jobs=2)
    kept = Kept(tmp_path, monkeypatch, limits)
    made = [kept.make(clock) for clock in (3e9, 2e9, 1e9)]
    jobs = Jobs(limits)
    for job in kept.restart():
        jobs.add(job)
    assert [job.name for job in kept.history.excess(jobs)] == made[:1]


def test_jobs_of_an_earlier_version_come_first_in_the_order_of_their_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path, monkeypatch)
    old = [kept.make(clock) for clock in (2e9, 1e9)]
    for job in kept.restart():
        text = job.folder.record.read_text(encoding="utf-8")
        job.folder.record.write_text(text.replace('"serial"', '"other"'), encoding="utf-8")
    kept.restart()
    new = kept.make(5e8)
    assert [job.name for job in kept.restart()] == [*reversed(old), new]


def test_nothing_is_timed_by_the_wall_clock() -> None:
    """Only what is kept on disk is dated; test_calibrations.py has speeds from the future."""
    files = [
        path
        for folder in ("daemon/neural_style", "shared")
        for path in (ROOT / folder).rglob("*.py")
        if "vendor" not in path.parts
    ]
    asking = {
        path.relative_to(ROOT).as_posix()
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow")}
    }
    assert asking == {
        "daemon/neural_style/batch/run.py",
        "daemon/neural_style/service/history.py",
        "daemon/neural_style/worker/calibrations.py",
    }
