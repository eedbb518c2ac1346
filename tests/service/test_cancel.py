"""Stop and keep, and discard, wherever a job is."""

from __future__ import annotations

import time

import psutil
import pytest

from neural_style_protocol import client_messages, daemon_messages, events
from neural_style_protocol.settings import Settings
from service.links import BOTH_LINKS
from service.standin_daemon import (
    RawClient,
    StandinDaemon,
    offers_of,
    picture,
    submit,
    until,
    wait_until,
)
from service.standin_worker import inverted
from systems import needs_signals

pytestmark = BOTH_LINKS


def test_a_running_job_is_stopped_and_kept(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        job = submit(client)
        until(client, events.Progress)
        client.cancel(job, keep=True)
        heard = until(client, events.Finished)
    assert any(isinstance(event, events.Stopping) for event in heard)  # acknowledged before
    finished = heard[-1]
    assert finished.ending == "stopped"
    assert finished.steps > 0
    assert finished.picture == inverted(picture())


@pytest.mark.parametrize("keep", [True, False])
def test_a_waiting_job_is_discarded_at_once(endless_job: StandinDaemon, keep: bool) -> None:
    with endless_job.client() as client:
        running, waiting = submit(client), submit(client)
        until(client, events.Progress)
        client.cancel(waiting, keep=keep)  # there is nothing of it to keep
        discarded = until(client, events.Discarded)[-1]
        assert discarded.job == waiting
        assert {j.job: j.state for j in client.status().jobs}.get(running) == "running"
        client.cancel(running, keep=False)
        assert until(client, events.Discarded)[-1].job == running


def test_a_job_that_is_still_being_sent_is_discarded(endless_job: StandinDaemon) -> None:
    large = picture(1200, 1200)
    with endless_job.client() as client:
        job = client.submit(large, [(large, 1.0)], Settings())
        client.cancel(job, keep=False)
        heard = until(client, events.Discarded)
        assert not any(isinstance(event, events.Failed) for event in heard)
        # Chunks that were on their way are no failure either.
        assert not any(isinstance(event, events.Failed) for event in client.wait(0.3))
        submit(client)
        until(client, events.Started)


def test_cancelling_twice_changes_keep_to_discard(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        job = submit(client)
        until(client, events.Progress)
        client.cancel(job, keep=False)
        client.cancel(job, keep=False)
        until(client, events.Discarded)
        assert client.status().state in ("ready", "busy")


def test_another_client_may_cancel(endless_job: StandinDaemon) -> None:
    with endless_job.client() as owner, endless_job.client() as other:
        job = submit(owner)
        until(owner, events.Progress)
        other.cancel(job, keep=False)
        until(owner, events.Discarded)


def test_what_a_client_never_finished_sending_goes_with_it(endless_job: StandinDaemon) -> None:
    endless_job.start(silent_client=0.5)
    with RawClient(endless_job.connection()).greet() as raw:
        raw.say(client_messages.Submit("t", {}, offers_of(picture(100, 100), picture())))
        assert isinstance(raw.hear(), daemon_messages.Accepted)
    with endless_job.client() as client:
        wait_until(lambda: not client.status().jobs)


@needs_signals
def test_the_last_words_of_a_client_that_is_gone_count(endless_job: StandinDaemon) -> None:
    """It sends the pixels, cancels, and leaves, before the service has answered any of that."""
    with endless_job.client() as client:
        job = submit(client)
        service = psutil.Process(client.daemon.pid)
        service.suspend()
        wait_until(lambda: service.status() == psutil.STATUS_STOPPED)
        client.pump()
        client.cancel(job, keep=False)
    time.sleep(0.5)  # for its socket to close
    service.resume()
    with endless_job.client() as client:
        next_job = submit(client)
        assert until(client, events.Started)[-1].job == next_job
        assert [summary.job for summary in client.jobs()] == [next_job]
