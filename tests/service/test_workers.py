"""Several workers divide one queue; the failure of one costs the others nothing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_lock import is_held
from neural_style_protocol.daemon_messages import WorkerLine
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, until, wait_until
from service.standin_worker import Script, inverted


def submit(client: Client, seed: int = 1, *, preview: bool = False, **settings: object) -> str:
    content, style = picture(seed=seed), (picture(seed=9), 1.0)
    return client.submit(content, [style], Settings.from_dict(settings), preview=preview)


def painted(seed: int) -> object:
    return inverted(picture(seed=seed))


def results(client: Client, count: int) -> dict[str, events.Finished]:
    """The next ``count`` results, by job."""
    found: dict[str, events.Finished] = {}
    while len(found) < count:
        last = until(client, events.Finished)[-1]
        assert isinstance(last, events.Finished)
        found[last.job] = last
    return found


def started(client: Client, count: int) -> list[str]:
    """The next ``count`` jobs that start."""
    last = (until(client, events.Started)[-1] for _ in range(count))
    return [event.job for event in last if isinstance(event, events.Started)]


def workers_of(client: Client) -> dict[str, WorkerLine]:
    """The worker of each job that is in work."""
    return {job: worker for worker in client.status().workers for job in worker.jobs}


def end_jobs(daemon: StandinDaemon) -> None:
    """Let endless jobs end."""
    Script().write(daemon.home.root)


@pytest.fixture
def pair(endless_job: StandinDaemon) -> StandinDaemon:
    """Two workers on the processor, whose jobs are endless."""
    endless_job.use_workers(2)
    return endless_job


@pytest.fixture
def cards(daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch) -> StandinDaemon:
    """A worker on each of three cards, whose jobs are endless."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("HIP_VISIBLE_DEVICES", raising=False)
    Script(endless=True, seconds_per_step=0.01, cards=3).write(daemon.home.root)
    return daemon


def told(heard: Sequence[events.Event]) -> dict[str, str]:
    """On which card each job is computed, and for which device, as the stand-ins say."""
    return {it.job: str(it.phrase) for it in heard if isinstance(it, events.Notice)}


def test_two_jobs_run_side_by_side_and_the_third_waits(pair: StandinDaemon) -> None:
    with pair.client() as client:
        jobs = [submit(client, seed) for seed in (1, 2)]
        assert sorted(started(client, 2)) == sorted(jobs)
        third = submit(client, 3)
        queued = until(client, events.Queued)[-1]
        assert isinstance(queued, events.Queued)
        assert (queued.job, queued.position) == (third, 1)
        now = client.status()
        assert [(worker.state, len(worker.jobs)) for worker in now.workers] == [("busy", 1)] * 2
        assert {job for worker in now.workers for job in worker.jobs} == set(jobs)
        assert now.worker_pid == now.workers[0].pid != now.workers[1].pid
        assert now.workers[0].device == "stand-in"
        end_jobs(pair)
        done = results(client, 3)
    pictures = [done[job].picture for job in (*jobs, third)]
    assert pictures == [painted(1), painted(2), painted(3)]


def test_the_second_worker_is_started_when_a_job_waits_for_it(pair: StandinDaemon) -> None:
    with pair.client() as client:
        submit(client)
        started(client, 1)
        assert [worker.state for worker in client.status().workers] == ["busy", "stopped"]
        submit(client, 2)
        started(client, 1)
        assert [worker.state for worker in client.status().workers] == ["busy", "busy"]


def test_jobs_start_in_the_order_of_the_queue(daemon: StandinDaemon) -> None:
    daemon.use_workers(3)
    Script(seconds_per_step=0.02).write(daemon.home.root)
    with daemon.client() as client:
        jobs = [submit(client, seed) for seed in range(8)]
        heard: list[events.Event] = []
        while sum(isinstance(event, events.Finished) for event in heard) < 8:
            heard += until(client, events.Finished)
        service_log = (daemon.home.logs / "daemon.log").read_text(encoding="utf-8")
    handed = [line.split()[4].rstrip(":") for line in service_log.splitlines() if "handed" in line]
    assert handed == jobs


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_is_lost_costs_the_other_nothing(
    pair: StandinDaemon, number: signal.Signals
) -> None:
    pair.limit(silent_worker=3.0)
    Script(endless=True, seconds_per_step=0.01, checkpoint_every=1).write(pair.home.root)
    with pair.client() as client:
        lost, other = (submit(client, seed) for seed in (1, 2))
        started(client, 2)
        before = workers_of(client)
        wait_until(lambda: client.job(lost).step > 3)
        os.kill(before[lost].pid, number)
        heard = until(client, events.Notice)
        notice = heard[-1]
        assert isinstance(notice, events.Notice)
        assert notice.job == lost
        assert "goes on" in str(notice.phrase)
        assert started(client, 1) == [lost]
        progress = until(client, events.Progress)
        while progress[-1].job != lost:  # type: ignore[attr-defined]
            progress = until(client, events.Progress)
        assert progress[-1].step > 3  # type: ignore[attr-defined]
        assert workers_of(client)[other] == before[other]
        assert workers_of(client)[lost].pid != before[lost].pid
        end_jobs(pair)
        done = results(client, 2)
    assert (done[lost].picture, done[other].picture) == (painted(1), painted(2))


def test_a_job_of_either_worker_is_paused_stopped_and_goes_on(pair: StandinDaemon) -> None:
    with pair.client() as client:
        first, second = (submit(client, seed) for seed in (1, 2))
        started(client, 2)
        client.change(second, "pause")
        until(client, events.Paused)
        client.cancel(first, keep=True)
        assert results(client, 1)[first].ending == "stopped"
        client.change(second, "resume")
        assert started(client, 1) == [second]
        client.cancel(second, keep=False)
        until(client, events.Discarded)
        assert client.status().state == "ready"
        assert not client.status().jobs


def test_the_end_of_the_daemon_saves_the_jobs_of_all_workers(pair: StandinDaemon) -> None:
    with pair.client() as client:
        jobs = [submit(client, seed) for seed in (1, 2)]
        started(client, 2)
        workers = [psutil.Process(worker.pid) for worker in client.status().workers]
        client.shut_down()
        until(client, events.Disconnected)
    wait_until(lambda: not is_held(pair.home))
    assert not any(worker.is_running() for worker in workers)
    assert not list(pair.home.run.glob("worker*"))
    with pair.client() as client:
        assert {it.job: it.state for it in client.jobs()} == dict.fromkeys(jobs, "paused")
        for job in jobs:
            client.watch(job)
            client.change(job, "resume")
        end_jobs(pair)
        assert set(results(client, 2)) == set(jobs)


def test_a_preview_goes_to_the_worker_that_has_nothing_to_do(pair: StandinDaemon) -> None:
    with pair.client() as client, pair.client() as dialog:
        jobs = [submit(client, seed) for seed in (1, 2)]
        started(client, 2)
        client.cancel(jobs[0], keep=False)
        until(client, events.Discarded)
        busy = workers_of(client)[jobs[1]]
        Script(endless=True, seconds_per_step=0.05).write(pair.home.root)
        preview = submit(dialog, 3, preview=True)
        until(dialog, events.Started)
        assert workers_of(client)[preview].pid != busy.pid
        end_jobs(pair)
        assert results(dialog, 1)[preview].picture == painted(3)


def test_previews_are_divided_among_the_workers_that_paint(pair: StandinDaemon) -> None:
    with pair.client() as client, pair.client() as dialog:
        jobs = [submit(client, seed) for seed in (1, 2)]
        started(client, 2)
        Script(endless=True, seconds_per_step=0.3).write(pair.home.root)
        previews = [submit(dialog, seed, preview=True) for seed in (3, 4)]
        assert sorted(started(dialog, 2)) == sorted(previews)
        at_work = [sorted(worker.jobs) for worker in client.status().workers]
        assert all(len(set(held) & set(previews)) == 1 for held in at_work)
        assert all(len(set(held) & set(jobs)) == 1 for held in at_work)
        done = results(dialog, 2)
        assert [done[job].picture for job in previews] == [painted(3), painted(4)]


def test_a_worker_without_work_is_let_go_while_another_paints(pair: StandinDaemon) -> None:
    pair.limit(unload_after=0.5)
    with pair.client() as client:
        jobs = [submit(client, seed) for seed in (1, 2)]
        started(client, 2)
        pid = workers_of(client)[jobs[1]].pid
        client.cancel(jobs[0], keep=False)
        until(client, events.Discarded)
        wait_until(lambda: {it.state for it in client.status().workers} == {"busy", "stopped"})
        assert workers_of(client)[jobs[1]].pid == pid


def test_each_card_has_a_worker(cards: StandinDaemon) -> None:
    with cards.client() as client:
        jobs = [submit(client, seed) for seed in range(3)]
        heard: list[events.Event] = []
        while len(told(heard)) < 3:
            heard += until(client, events.Notice)
        assert told(heard)[jobs[0]] == "On card 2 for auto."  # the freest
        assert sorted(text.split()[2] for text in told(heard).values()) == ["0", "1", "2"]
        now = client.status()
        assert [it.device for it in now.workers] == ["card 2", "card 1", "card 0"]
        assert [(it.device, it.name) for it in now.cards] == [
            ("cuda:0", "card 0"),
            ("cuda:1", "card 1"),
            ("cuda:2", "card 2"),
        ]


def test_cards_that_are_hidden_from_the_daemon_are_hidden_from_all(
    cards: StandinDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
    with cards.client() as client:
        for seed in range(2):
            submit(client, seed)
        heard: list[events.Event] = []
        while len(told(heard)) < 2:
            heard += until(client, events.Notice)
        assert sorted(told(heard).values()) == ["On card 0 for auto.", "On card 2 for auto."]
        names = {line.device: line.name for line in client.status().cards}
        assert names == {"cuda:0": "card 2", "cuda:1": "card 0"}


def test_a_job_waits_for_the_card_that_it_asks_for_and_others_pass(cards: StandinDaemon) -> None:
    with cards.client() as client:
        first = submit(client, 1, device="cuda:1")
        notice = until(client, events.Notice)[-1]
        assert told([notice]) == {first: "On card 1 for cuda:0."}  # the one that its worker sees
        second = submit(client, 2, device="cuda:0")
        heard = until(client, events.Notice)
        assert told(heard) == {second: "On card 0 for cuda:0."}
        waits = submit(client, 3, device="cuda:0")
        passes = submit(client, 4)
        heard = until(client, events.Notice)
        assert told(heard) == {passes: "On card 2 for auto."}
        assert client.job(waits).state == "queued"
        client.cancel(second, keep=False)
        assert told(until(client, events.Notice)) == {waits: "On card 0 for cuda:0."}


def test_a_card_that_no_worker_has_is_refused(cards: StandinDaemon) -> None:
    cards.use_workers(2)
    with cards.client() as client:
        submit(client)
        started(client, 1)
        submit(client, 2, device="cuda:0")
        failed = until(client, events.Failed)[-1]
        assert isinstance(failed, events.Failed)
        assert "'cuda:0'" in failed.error.sentence
        assert [line.device for line in client.status().cards] == ["cuda:1", "cuda:2"]


def test_a_worker_that_cannot_start_leaves_its_jobs_to_the_others(cards: StandinDaemon) -> None:
    Script(
        endless=True, seconds_per_step=0.01, cards=2, deadly_card="card 0", load_seconds=0.1
    ).write(cards.home.root)
    with cards.client() as client:
        first, second = submit(client, 1), submit(client, 2)
        assert started(client, 1) == [first]
        wait_until(lambda: client.status().workers[1].state == "problem")
        assert client.job(second).state == "queued"
        assert client.status().state == "busy"
        asks = submit(client, 3, device="cuda:0")
        failed = until(client, events.Failed)[-1]
        assert isinstance(failed, events.Failed)
        assert (failed.job, failed.error.code) == (asks, "worker")
        client.cancel(first, keep=False)
        assert started(client, 1) == [second]
        end_jobs(cards)
        assert results(client, 1)[second].picture == painted(2)


def test_a_worker_whose_card_is_lost_leaves_its_jobs_to_the_others(cards: StandinDaemon) -> None:
    Script(endless=True, seconds_per_step=0.01, cards=2, lost_card="card 0").write(cards.home.root)
    with cards.client() as client:
        first, second = submit(client, 1), submit(client, 2)
        assert started(client, 1) == [first]
        wait_until(lambda: client.status().workers[1].device == "stand-in")
        assert client.job(second).state == "queued"  # it would be painted on the processor
        asks = submit(client, 3, device="cuda:0")
        assert started(client, 1) == [asks]
        client.cancel(first, keep=False)
        assert started(client, 1) == [second]


def test_estimates_are_made_on_the_device_in_question(cards: StandinDaemon) -> None:
    with cards.client() as client:
        for seed in range(3):
            submit(client, seed)
        started(client, 3)
        for number in range(3):
            settings = Settings.from_dict({"device": f"cuda:{number}"})
            assert client.estimate(settings, 30, 20).device == f"card {number}"


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script of the shell")
def test_what_no_worker_can_be_started_for_fails_and_the_next_job_tries_again(
    daemon: StandinDaemon, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    daemon.use_program(program)
    with daemon.client() as client:
        for seed in (1, 2):
            job = submit(client, seed=seed)
            failed = until(client, events.Failed)[-1]
            assert isinstance(failed, events.Failed)
            assert (failed.job, failed.error.code) == (job, "worker")
            assert "cannot start" in str(failed.error)
        with pytest.raises(WorkerError, match="cannot start"):
            client.estimate(Settings(), 30, 20)
        assert client.status().state == "problem"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        job = submit(client, seed=3)
        assert results(client, 1)[job].picture == painted(3)
        assert client.status().problem == ""
