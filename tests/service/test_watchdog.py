"""A worker that answers but computes no more is noticed, and what was asked of its job is done."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from neural_style.jobstore.job_folder import JobFolder
from neural_style.service.jobs import Job
from neural_style.service.limits import Limits
from neural_style.service.watchdog import Watchdog
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.pixels import PictureSpec
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, paint, picture, submit, until, wait_until
from service.standin_worker import Script, inverted


class Clock:
    """Time that passes when a test says so."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def job_of(width: int, height: int) -> Job:
    offers = (
        ImageOffer("content", PictureSpec(width, height, 3)),
        ImageOffer("style", PictureSpec(width, height, 3)),
    )
    return Job("name", Settings(), offers, JobFolder(Path("/nowhere")), "test", 0.0)


SMALL = job_of(100, 100)
LARGE = job_of(5_000, 4_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watchdog(clock: Clock) -> Watchdog:
    return Watchdog(Limits(hung_worker=600.0, hung_per_megapixel=30.0), clock)


def passes(seconds: float, clock: Clock, watchdog: Watchdog, job: Job) -> bool:
    """Whether the job hangs after so many seconds, in which it is looked at all the time."""
    for _ in range(round(seconds)):
        clock.now += 1.0
        if watchdog.hangs(job):
            return True
    return False


def test_patience_grows_with_the_pictures(clock: Clock, watchdog: Watchdog) -> None:
    assert not passes(590, clock, watchdog, SMALL)
    assert passes(20, clock, watchdog, SMALL)
    watchdog.sign_of_life()
    assert not passes(600 + 30 * 40 - 10, clock, watchdog, LARGE)
    assert passes(20, clock, watchdog, LARGE)


def test_a_pulse_that_changes_is_a_sign_of_life(clock: Clock, watchdog: Watchdog) -> None:
    for pulse in range(1, 5):
        assert not passes(400, clock, watchdog, SMALL)
        watchdog.pulse(pulse)
    assert not passes(400, clock, watchdog, SMALL)
    watchdog.pulse(4)
    assert passes(400, clock, watchdog, SMALL)


def test_time_in_which_the_service_slept_does_not_count(clock: Clock, watchdog: Watchdog) -> None:
    assert not passes(400, clock, watchdog, SMALL)
    clock.now += 5_000.0
    assert not watchdog.hangs(SMALL)
    assert not passes(590, clock, watchdog, SMALL)
    assert passes(20, clock, watchdog, SMALL)


def test_a_job_after_a_long_rest_starts_with_full_patience(
    clock: Clock, watchdog: Watchdog
) -> None:
    clock.now += 9_000.0
    watchdog.sign_of_life()
    assert not passes(590, clock, watchdog, SMALL)


@pytest.fixture
def hanging(daemon: StandinDaemon) -> StandinDaemon:
    """Its first worker computes no more after some steps, and goes on answering."""
    # A busy machine takes seconds to start a process; none is given up for it.
    daemon.limit(hung_worker=2.0, worker_starts=50)
    Script(steps=20, hang_at=12).write(daemon.home.root)
    return daemon


def test_a_hung_worker_is_replaced_and_the_job_goes_on(hanging: StandinDaemon) -> None:
    with hanging.client() as client:
        submit(client)
        until(client, events.Progress)
        hung = client.status().worker_pid
        heard = until(client, events.Finished)
        assert heard[-1].picture == inverted(picture())
        assert any("goes on" in str(e.phrase) for e in heard if isinstance(e, events.Notice))
        assert client.status().worker_pid != hung
    assert not psutil.pid_exists(hung)


def until_step(client: Client, step: int) -> None:
    while until(client, events.Progress)[-1].step < step:
        pass


def test_a_job_that_was_discarded_while_it_hung_is_gone(hanging: StandinDaemon) -> None:
    with hanging.client() as client:
        job = submit(client)
        until_step(client, 11)
        client.cancel(job, keep=False)
        until(client, events.Discarded)
        assert client.jobs() == []
        paint(client)


def test_a_job_that_was_stopped_while_it_hung_keeps_its_picture(hanging: StandinDaemon) -> None:
    with hanging.client() as client:
        job = submit(client)
        until_step(client, 11)
        client.cancel(job, keep=True)
        finished = until(client, events.Finished)[-1]
        assert (finished.job, finished.ending) == (job, "stopped")
        assert finished.steps < 20


def test_a_job_that_was_paused_while_it_hung_is_paused(hanging: StandinDaemon) -> None:
    with hanging.client() as client:
        job = submit(client)
        until_step(client, 11)
        client.change(job, "pause")
        until(client, events.Paused)
        client.change(job, "resume")
        assert until(client, events.Finished)[-1].ending == "finished"


def test_a_worker_that_loads_for_ever_is_replaced(daemon: StandinDaemon) -> None:
    daemon.limit(hung_worker=3.0, worker_starts=50)
    Script(load_seconds=300.0).write(daemon.home.root)
    with daemon.client() as client:
        first = client.status().worker_pid
        wait_until(lambda: client.status().worker_pid not in (0, first))
        Script().write(daemon.home.root)
        paint(client)
