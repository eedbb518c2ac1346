"""Previews that are painted at a step of a running job, which then goes on."""

from __future__ import annotations

import os
import signal

import pytest

from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_lock import is_held
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, until, wait_until
from service.standin_worker import Script, inverted


def submit(client: Client, seed: int = 1, *, preview: bool = False, side: int = 8) -> str:
    content = picture(side, side, seed=seed)
    return client.submit(content, [(picture(seed=2), 1.0)], Settings(), preview=preview)


def running_job(client: Client, seed: int = 1) -> str:
    job = submit(client, seed)
    until(client, events.Progress)
    return job


def result(client: Client, job: str) -> events.Finished:
    """The result of ``job``, whatever else is finished before."""
    while True:
        finished = until(client, events.Finished)[-1]
        if isinstance(finished, events.Finished) and finished.job == job:
            return finished


def painted(side: int = 8, seed: int = 1) -> object:
    return inverted(picture(side, side, seed=seed))


def test_a_preview_is_painted_while_a_job_runs(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client, endless_job.client() as dialog:
        job = running_job(client)
        worker = client.status().worker_pid
        preview = submit(dialog, 3, preview=True)
        heard = until(dialog, events.Finished)
        assert heard[-1].picture == painted(seed=3)
        assert [event.position for event in heard if isinstance(event, events.Queued)] == [0]
        assert any(isinstance(event, events.Preview) for event in heard)
        assert {line.job: line.state for line in client.status().jobs} == {job: "running"}
        assert dialog.job(preview).state == "done"
        Script().write(endless_job.home.root)
        assert result(client, job).picture == painted()
        assert client.status().worker_pid == worker


def test_a_job_that_is_no_preview_waits(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client, endless_job.client() as other:
        job = running_job(client)
        waiting = submit(other, 3)
        large = submit(other, 4, preview=True, side=1025)  # of more than a megapixel
        preview = submit(other, 5, preview=True)
        result(other, preview)
        assert {name: client.job(name).state for name in (job, waiting, large)} == {
            job: "running",
            waiting: "queued",
            large: "queued",
        }
        assert client.job(preview).preview
        assert not client.job(large).preview


def test_previews_come_before_other_jobs(daemon: StandinDaemon) -> None:
    Script(load_seconds=2.0).write(daemon.home.root)
    with daemon.client() as client:
        jobs = [submit(client, seed) for seed in (1, 2)]
        preview = submit(client, 3, preview=True)
        order = [event.job for event in until_all(client, 3)]
        assert order == [preview, *jobs]


def until_all(client: Client, count: int) -> list[events.Finished]:
    found: list[events.Finished] = []
    while len(found) < count:
        last = until(client, events.Finished)[-1]
        assert isinstance(last, events.Finished)
        found.append(last)
    return found


def test_a_cancelled_preview_leaves_the_job_alone(endless_job: StandinDaemon) -> None:
    """A slider that is moved cancels one preview after another."""
    with endless_job.client() as client, endless_job.client() as dialog:
        job = running_job(client)
        for seed in range(3, 8):
            cancelled = submit(dialog, seed, preview=True)
            dialog.cancel(cancelled, keep=False)
        last = submit(dialog, 9, preview=True)
        assert result(dialog, last).picture == painted(seed=9)
        assert client.job(job).state == "running"
        client.cancel(job, keep=True)
        assert result(client, job).ending == "stopped"


def test_the_end_of_a_job_does_not_wait_for_a_preview(endless_job: StandinDaemon) -> None:
    """The preview makes way, and goes on afterwards."""
    with endless_job.client() as client, endless_job.client() as dialog:
        job = running_job(client)
        Script(seconds_per_step=1.0, preview_every=1).write(endless_job.home.root)
        preview = submit(dialog, 3, preview=True)
        until(dialog, events.Preview)
        client.cancel(job, keep=False)
        until(client, events.Discarded)
        assert client.job(preview).state != "done"
        assert result(dialog, preview).picture == painted(seed=3)


def test_without_memory_for_both_the_job_is_saved_and_goes_on(endless_job: StandinDaemon) -> None:
    Script(endless=True, seconds_per_step=0.01, has_room=False).write(endless_job.home.root)
    with endless_job.client() as client, endless_job.client() as dialog:
        job = running_job(client)
        Script(has_room=False).write(endless_job.home.root)
        before = client.job(job).step
        preview = submit(dialog, 3, preview=True)
        assert result(dialog, preview).picture == painted(seed=3)
        finished = result(client, job)
        assert finished.picture == painted()
        assert finished.steps >= before


def test_a_preview_that_kills_the_worker_costs_no_job(endless_job: StandinDaemon) -> None:
    """The preview is painted by the next worker, before the job, and later ones wait for it."""
    Script(endless=True, dies_of_previews=True, checkpoint_every=1).write(endless_job.home.root)
    with endless_job.client() as client, endless_job.client() as dialog:
        job = running_job(client)
        before = client.job(job).step
        Script(dies_of_previews=True, checkpoint_every=1, steps=400).write(endless_job.home.root)
        preview = submit(dialog, 3, preview=True)
        assert result(dialog, preview).picture == painted(seed=3)
        until(client, events.Started)
        waits = submit(dialog, 4, preview=True)
        queued = until(dialog, events.Queued)[-1]
        assert isinstance(queued, events.Queued)
        assert queued.position == 1
        heard = until(client, events.Finished)
        assert heard[-1].picture == painted()
        steps = [event.step for event in heard if isinstance(event, events.Progress)]
        assert min(steps) > before
        assert not any(isinstance(event, events.Notice) for event in heard)
        result(dialog, waits)
        assert client.job(job).state == "done"


@pytest.mark.parametrize("victim", ["service", "worker"])
def test_killed_during_a_preview(daemon: StandinDaemon, victim: str) -> None:
    """The job is not lost; after the end of the service, nobody waits for the preview."""
    Script(endless=True, checkpoint_every=1, seconds_per_step=0.05).write(daemon.home.root)
    with daemon.client() as client, daemon.client() as dialog:
        job = running_job(client)
        pids = {"service": client.daemon.pid, "worker": client.status().worker_pid}
        preview = submit(dialog, 3, preview=True)
        until(dialog, events.Started)
        os.kill(pids[victim], signal.SIGKILL)
        Script().write(daemon.home.root)
        if victim == "worker":
            assert result(dialog, preview).picture == painted(seed=3)
            assert result(client, job).picture == painted()
    if victim == "service":
        wait_until(lambda: not is_held(daemon.home))
        with daemon.client() as client:
            assert [summary.job for summary in client.jobs()] == [job]
            client.watch(job)
            client.change(job, "resume")
            assert result(client, job).picture == painted()


def test_a_shutdown_during_a_preview_saves_the_job(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client, endless_job.client() as dialog:
        job = running_job(client)
        submit(dialog, 3, preview=True)
        until(dialog, events.Started)
        client.shut_down()
        until(client, events.Disconnected)
    wait_until(lambda: not is_held(endless_job.home))
    with endless_job.client() as client:
        assert [(it.job, it.state) for it in client.jobs()] == [(job, "paused")]


def test_previews_make_room_in_the_history_first(daemon: StandinDaemon) -> None:
    daemon.limit(history_jobs=3)
    with daemon.client() as client:
        job = submit(client)
        result(client, job)
        for seed in range(3, 8):
            result(client, submit(client, seed, preview=True))
        kept = [summary.job for summary in client.jobs()]
        assert len(kept) == 3
        assert job in kept


def test_a_jobs_title_is_listed_and_kept(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        job = client.submit(picture(), [(picture(), 1.0)], Settings(), title="palace.png" * 30)
        result(client, job)
        assert client.job(job).title == ("palace.png" * 30)[:200]
        again = client.rerun(job, {"strength": 70.0})
        assert client.job(again).title == ("palace.png" * 30)[:200]
    daemon.kill()
    with daemon.client() as client:
        assert client.job(job).title == ("palace.png" * 30)[:200]


def test_the_status_has_the_jobs_in_the_order_of_their_turns(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        jobs = [running_job(client), submit(client, 2), submit(client, 3)]
        wait_until(lambda: len(client.status().jobs) == 3)
        wait_until(lambda: client.job(jobs[2]).state == "queued")
        assert [line.job for line in client.status().jobs] == jobs
        client.change(jobs[2], "front")
        assert [line.job for line in client.status().jobs] == [jobs[0], jobs[2], jobs[1]]
