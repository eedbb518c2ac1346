"""Clients that come, go, and do not read."""

from __future__ import annotations

import time

from neural_style_protocol import client_messages, daemon_messages, events
from service.links import BOTH_LINKS
from service.standin_daemon import (
    RawClient,
    StandinDaemon,
    paint,
    picture,
    submit,
    until,
    wait_until,
)
from service.standin_worker import Script, inverted

pytestmark = BOTH_LINKS


def test_the_result_waits_for_a_client_that_vanished(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        job = submit(client)
        until(client, events.Queued)
    with daemon.client() as later:
        later.watch(job)
        finished = until(later, events.Finished)[-1]
    assert finished.picture == inverted(picture())


def test_another_client_can_follow_a_running_job(endless_job: StandinDaemon) -> None:
    with endless_job.client() as owner, endless_job.client() as other:
        job = submit(owner)
        until(owner, events.Progress)
        other.watch(job)
        heard = until(other, events.Preview)
        assert any(isinstance(event, events.Progress) for event in heard)
        owner.cancel(job, keep=True)
        until(other, events.Finished)
        until(owner, events.Finished)


def test_a_client_that_does_not_read_costs_nobody_else(daemon: StandinDaemon) -> None:
    Script(steps=300, seconds_per_step=0.001, preview_every=1).write(daemon.home.root)
    daemon.start(silent_client=1.0)
    with RawClient(daemon.connection()).greet() as deaf, daemon.client() as client:
        job = submit(client, picture(200, 200))
        deaf.say(client_messages.Watch(job))
        until(client, events.Finished)
        paint(client)
        wait_until(lambda: client.status().clients == 1)


def test_a_preview_is_only_announced_again_once_it_was_fetched(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client, RawClient(endless_job.connection()) as raw:
        job = submit(client)
        until(client, events.Preview)
        raw.say(client_messages.Hello(1, 1))
        raw.say(client_messages.Watch(job))
        first = next(m for m in iter(raw.hear, None) if isinstance(m, daemon_messages.Preview))
        heard = [raw.hear() for _ in range(60)]
        assert not any(isinstance(message, daemon_messages.Preview) for message in heard)
        raw.say(client_messages.Fetch(job, first.serial, 0))
        newer = next(m for m in iter(raw.hear, None) if isinstance(m, daemon_messages.Preview))
        assert newer.serial > first.serial + 1
        client.cancel(job, keep=False)
        until(client, events.Discarded)


def test_the_status_tells_what_goes_on(slow_job: StandinDaemon) -> None:
    with slow_job.client() as client:
        job = submit(client)
        until(client, events.Progress)
        now = client.status()
        assert now.state == "busy"
        assert now.device == "stand-in"
        assert now.clients == 1
        assert [(line.job, line.state, line.total) for line in now.jobs] == [(job, "running", 400)]
        client.cancel(job, keep=False)
        until(client, events.Discarded)


def test_a_client_that_was_let_go_is_taken_back(endless_job: StandinDaemon) -> None:
    endless_job.start(silent_client=0.5)
    with endless_job.client() as client:
        for _ in range(2):
            time.sleep(1.5)  # GIMP, say, was busy with something else
            assert client.status().clients == 1
        job = submit(client)
        until(client, events.Progress)
        time.sleep(1.5)
        client.cancel(job, keep=True)
        assert until(client, events.Finished)[-1].ending == "stopped"
