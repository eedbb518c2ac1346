"""The worker is replaced when it dies or freezes, and let go when there is nothing to do."""

from __future__ import annotations

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.errors import DaemonUnreachable
from neural_style_protocol.launcher import connect
from service.standin_daemon import StandinDaemon, paint, picture, submit, until, wait_until
from service.standin_worker import Script, inverted


def test_a_job_goes_on_after_its_worker_was_killed(daemon: StandinDaemon) -> None:
    Script(steps=20, crash_at=12).write(daemon.home.root)
    with daemon.client() as client:
        submit(client)
        heard = until(client, events.Finished)
    crash = next(i for i, event in enumerate(heard) if isinstance(event, events.Notice))
    assert "goes on" in str(heard[crash].phrase)
    after = next(event for event in heard[crash:] if isinstance(event, events.Progress))
    assert after.step == 11  # the checkpoint was made after step 10
    assert heard[-1].picture == inverted(picture())


def test_a_frozen_worker_is_replaced(daemon: StandinDaemon) -> None:
    daemon.limit(silent_worker=2.0)
    Script(steps=20, freeze_at=12).write(daemon.home.root)
    with daemon.client() as client:
        submit(client)
        until(client, events.Progress)
        frozen = client.status().worker_pid
        heard = until(client, events.Finished)
        assert heard[-1].picture == inverted(picture())
        assert client.status().worker_pid != frozen
    assert not psutil.pid_exists(frozen)


@pytest.mark.slow
def test_a_service_that_was_frozen_itself_does_not_blame_its_worker(
    slow_job: StandinDaemon,
) -> None:
    slow_job.limit(silent_worker=6.0)
    with slow_job.client() as client:
        submit(client)
        until(client, events.Progress)
        before = client.status().worker_pid
        service = psutil.Process(client.daemon.pid)
        service.suspend()
        psutil.Process(before).suspend()
        wait_until(lambda: service.status() == psutil.STATUS_STOPPED)
        client.wait(7.0)
        psutil.Process(before).resume()
        service.resume()
        until(client, events.Finished)
        assert client.status().worker_pid == before


def test_a_job_that_kills_every_worker_is_given_up(daemon: StandinDaemon) -> None:
    Script(crash_at=2, crash_always=True).write(daemon.home.root)
    with daemon.client() as client:
        submit(client)
        failed = until(client, events.Failed)[-1]
        assert failed.error.code == "worker"
        Script().write(daemon.home.root)
        paint(client)


def test_the_model_is_let_go_and_loaded_again(daemon: StandinDaemon) -> None:
    daemon.limit(unload_after=0.5)
    with daemon.client() as client:
        paint(client)
        worker = psutil.Process(client.status().worker_pid)
        wait_until(lambda: client.status().state == "resting")
        assert not worker.is_running()
        assert client.status().worker_pid == 0
        paint(client)


def test_an_unused_daemon_ends(daemon: StandinDaemon) -> None:
    daemon.limit(exit_after=1.0)
    process = psutil.Process(daemon.start())
    process.wait(15)
    with pytest.raises(DaemonUnreachable):
        connect(daemon.home)


def test_it_never_ends_with_work_waiting(endless_job: StandinDaemon) -> None:
    endless_job.limit(exit_after=0.5, unload_after=0.5)
    with endless_job.client() as client:
        job = submit(client)
        until(client, events.Started)
    process = psutil.Process(endless_job.start())
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(2)
    Script().write(endless_job.home.root)
    with endless_job.client() as client:
        client.watch(job)
        until(client, events.Finished)
        assert client.daemon.pid == process.pid


def test_a_full_disk_costs_no_result(daemon: StandinDaemon) -> None:
    """Files may grow no further than the pictures that were sent, as on a full disk."""
    with daemon.client() as client:
        daemon.worker_pid()
        small = picture(16, 16)
        size = small.spec.byte_count
        for pid in (client.status().worker_pid, client.daemon.pid):
            psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (size, size))
        job = submit(client, small)
        heard = until(client, events.Finished)
        assert heard[-1].picture == inverted(small)
        assert any(
            "cannot be written" in str(e.phrase) for e in heard if isinstance(e, events.Notice)
        )
        assert client.job(job).state == "done"
        large = picture(40, 40)
        submit(client, large)
        assert until(client, events.Failed)[-1].error.code == "storage"
        paint(client, small)
