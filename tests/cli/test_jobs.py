"""The commands for existing jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from cli.conftest import Run
from neural_style_protocol.launcher import connect
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, wait_until
from service.standin_worker import Script


@pytest.fixture
def job(run: Run, content: Path, style: Path, tmp_path: Path) -> str:
    """A finished job."""
    done = run("stylize", content, style, "-o", tmp_path / "first.png", "--json")
    return str(done.json["job"])


def test_jobs_are_listed(run: Run, job: str) -> None:
    assert run("jobs", "--json").json[0]["job"] == job
    done = run("jobs")
    assert job in done.out
    assert "finished" in done.out
    assert "12 × 8" in done.out


def test_a_job_is_shown_by_the_first_letters_of_its_name(run: Run, job: str) -> None:
    done = run("show", job[:12])
    assert done.status == 0
    assert job in done.out
    assert "strength" in done.out


def test_an_empty_beginning_is_refused(run: Run, job: str) -> None:
    done = run("show", "")
    assert done.status == 6


def test_a_picture_is_fetched_again(run: Run, job: str, content: Path, tmp_path: Path) -> None:
    output = tmp_path / "again.tif"
    assert run("fetch", job, "-o", output).status == 0
    with Image.open(output) as made, Image.open(content) as source:
        assert made.tobytes() == ImageChops.invert(source).tobytes()


def test_a_job_is_run_again_with_another_strength(run: Run, job: str, tmp_path: Path) -> None:
    done = run("rerun", job, "-o", tmp_path / "more.png", "--strength", "90", "--json")
    assert done.status == 0
    again = run("show", done.json["job"], "--json").json
    assert again["settings"]["strength"] == 90.0
    assert run("show", job, "--json").json["settings"]["strength"] == 50.0
    bad = run("rerun", job, "-o", tmp_path / "more.png", "--strength", "900")
    assert (bad.status, "from 0 to 100" in bad.err) == (2, True)


def test_a_job_is_removed(run: Run, job: str) -> None:
    assert run("rm", job).status == 0
    assert run("show", job).status == 6


def test_pause_resume_front_and_rm_of_waiting_jobs(run: Run, home_daemon: StandinDaemon) -> None:
    Script(endless=True, seconds_per_step=0.01).write(home_daemon.home.root)
    try:
        with connect(home_daemon.home) as client:
            pictures = (picture(), [(picture(), 1.0)], Settings())
            first, second, third = (client.submit(*pictures) for _ in range(3))
            wait_until(
                lambda: client.wait(0.05) is not None and client.job(third).state == "queued"
            )
            assert run("front", third).status == 0
            assert run("pause", first, "--json").json == {"job": first}
            wait_until(lambda: client.job(third).state == "running")
            assert client.job(first).state == "paused"
            assert run("front", first).status == 4
            assert run("resume", first).status == 0
            assert client.job(first).state == "queued"
            for job in (first, second, third):
                assert run("rm", job).status == 0
            wait_until(lambda: not {first, second, third} & {s.job for s in client.jobs()})
    finally:
        Script().write(home_daemon.home.root)
