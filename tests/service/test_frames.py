"""Frames that follow one another: their order, and what happens when one of them is missing."""

from __future__ import annotations

import pytest

from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonError, UnknownJobError
from neural_style_protocol.sequence import FEATURE, Frame
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, until, wait_until
from service.standin_worker import Script, frames_told


def send(client: Client, follows: str = "", seed: int = 1, coherence: float = 50.0) -> str:
    """Submit a frame; the next calls of the client send its pixels."""
    place = Frame(follows, coherence)
    return client.submit(picture(seed=seed), [(picture(), 1.0)], Settings(), frame=place)


def states(client: Client) -> dict[str, str]:
    return {job.job: job.state for job in client.jobs()}


def finished(client: Client, *jobs: str) -> list[str]:
    """Wait until ``jobs`` are done; returns their names in the order in which that was."""
    order: list[str] = []
    while not set(jobs) <= set(order):
        (event,) = until(client, events.Finished)[-1:]
        assert isinstance(event, events.Finished)
        order.append(event.job)
    return order


def test_a_frame_waits_for_the_one_before_it(endless_job: StandinDaemon) -> None:
    """Although there is another worker, which paints what comes later."""
    endless_job.use_workers(2)
    with endless_job.client() as client:
        first = send(client)
        second = send(client, first)
        other = client.submit(picture(), [(picture(), 1.0)], Settings())
        wait_until(lambda: states(client)[other] == "running")
        assert states(client) == {first: "running", second: "queued", other: "running"}
        Script(steps=3).write(endless_job.home.root)
        order = finished(client, first, second, other)
    assert order.index(first) < order.index(second)


def test_the_worker_is_told_of_the_frames_before(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        jobs = [send(client)]
        for _ in range(5):
            finished(client, jobs[-1])
            jobs.append(send(client, jobs[-1], coherence=70.0))
        finished(client, jobs[-1])
    told = frames_told(daemon.home.root)
    assert told[jobs[0]] == (False, [], 50.0)
    assert told[jobs[1]] == (True, jobs[:1], 70.0)
    assert told[jobs[5]] == (True, jobs[4:0:-1], 70.0)


def test_a_picture_by_itself_is_no_frame(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        job = client.submit(picture(), [(picture(), 1.0)], Settings())
        finished(client, job)
    assert job not in frames_told(daemon.home.root)


def test_a_frame_after_one_that_was_discarded_is_painted(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        first = send(client)
        second = send(client, first)
        until(client, events.Started)
        Script(steps=3).write(endless_job.home.root)
        client.cancel(first, keep=False)
        assert finished(client, second) == [second]
    assert frames_told(endless_job.home.root)[second] == (True, [], 50.0)


def test_a_frame_after_one_that_failed_is_painted(daemon: StandinDaemon) -> None:
    daemon.limit(crashes_per_job=1)
    Script(crash_at=1, crash_always=True).write(daemon.home.root)
    with daemon.client() as client:
        first = send(client)
        until(client, events.Failed)
        Script(steps=3).write(daemon.home.root)
        second = send(client, first)
        assert finished(client, second) == [second]


def test_a_frame_after_one_that_is_paused_waits(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        first = send(client)
        second = send(client, first)
        until(client, events.Started)
        client.change(first, "pause")
        until(client, events.Paused)
        wait_until(lambda: client.status().state == "ready")
        assert states(client) == {first: "paused", second: "queued"}
        Script(steps=3).write(endless_job.home.root)
        client.change(first, "resume")
        assert finished(client, first, second) == [first, second]


def test_frames_outlive_the_service(daemon: StandinDaemon) -> None:
    Script(steps=10_000, seconds_per_step=0.01).write(daemon.home.root)
    with daemon.client() as client:
        first = send(client)
        second = send(client, first, coherence=30.0)
        wait_until(lambda: states(client) == {first: "running", second: "queued"})
    daemon.kill()
    Script(steps=3).write(daemon.home.root)
    daemon.start()
    with daemon.client() as client:
        assert states(client) == {first: "paused", second: "paused"}
        for job in (second, first):
            client.watch(job)
            client.change(job, "resume")
        assert finished(client, first, second) == [first, second]
    assert frames_told(daemon.home.root)[second] == (True, [first], 30.0)


def test_nothing_follows_what_is_not_there(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        with pytest.raises(UnknownJobError):
            send(client, "0123456789abcdef")
        assert client.jobs() == []


def test_what_a_frame_needs_stays_in_the_history(daemon: StandinDaemon) -> None:
    daemon.use_workers(2)
    daemon.limit(history_jobs=2)
    with daemon.client() as client:
        first = send(client)
        finished(client, first)
        Script(steps=10_000, seconds_per_step=0.01).write(daemon.home.root)
        second = send(client, first)
        wait_until(lambda: states(client)[second] == "running")
        Script(steps=3).write(daemon.home.root)
        for seed in range(4):
            other = client.submit(picture(seed=seed), [(picture(), 1.0)], Settings())
            finished(client, other)
        assert set(states(client)) == {first, second, other}


def test_an_older_daemon_is_told_apart(
    daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with daemon.client() as client:
        assert FEATURE in client.daemon.features
        monkeypatch.setattr("neural_style_protocol.sequence.FEATURE", "another")
        with pytest.raises(DaemonError, match="cannot paint frames"):
            send(client)
