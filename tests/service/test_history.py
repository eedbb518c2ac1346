"""What is kept of jobs, within its bounds, across restarts."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from neural_style.service.history import History
from neural_style.service.limits import Limits
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.errors import BusyError, UnknownJobError, WorkerError
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Amount, Phrase
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, paint, picture, submit, until, wait_until
from service.standin_worker import Script, inverted


def finish(client: Client, seed: int = 1, **settings: object) -> str:
    return paint(client, picture(seed=seed), **settings).job


def stop(daemon: StandinDaemon, number: signal.Signals = signal.SIGTERM) -> None:
    process = psutil.Process(daemon.start())
    process.send_signal(number)
    process.wait(15)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_results_outlive_the_daemon(daemon: StandinDaemon, number: signal.Signals) -> None:
    with daemon.client() as client:
        job = finish(client, seed=3, strength=77.0)
    stop(daemon, number)
    with daemon.client() as client:
        summary = client.job(job)
        assert (summary.state, summary.ending, summary.step) == ("done", "finished", 10)
        assert summary.settings["strength"] == 77.0
        client.watch(job)
        assert until(client, events.Finished)[-1].picture == inverted(picture(seed=3))


def test_the_list_is_newest_first_and_comes_in_pages(daemon: StandinDaemon) -> None:
    Script(steps=1, seconds_per_step=0.0).write(daemon.home.root)
    with daemon.client() as client:
        jobs = [finish(client) for _ in range(40)]
        listed = client.jobs()
    assert [summary.job for summary in listed] == jobs[::-1]
    assert {(s.width, s.height, s.styles, s.client) for s in listed} == {(8, 6, 1, "test")}


def test_an_earlier_job_is_run_again_with_another_setting(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        job = finish(client, seed=5, strength=20.0)
        again = client.rerun(job, {"strength": 80.0})
        finished = until(client, events.Finished)[-1]
        assert finished.job == again
        assert finished.picture == inverted(picture(seed=5))
        assert client.job(again).settings["strength"] == 80.0
        assert client.job(job).settings["strength"] == 20.0
        client.change(job, "remove")
        client.rerun(again, {})  # whose pictures were the first one's
        until(client, events.Finished)


def test_a_removed_job_is_gone_from_the_disk(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        job = finish(client)
        client.change(job, "remove")
        with pytest.raises(UnknownJobError):
            client.job(job)
        with pytest.raises(UnknownJobError):
            client.rerun(job, {})
    assert list(daemon.home.history.iterdir()) == []


def test_the_history_keeps_to_its_count(daemon: StandinDaemon) -> None:
    daemon.limit(history_jobs=3)
    with daemon.client() as client:
        jobs = [finish(client) for _ in range(5)]
        assert [s.job for s in client.jobs()] == jobs[:1:-1]
    assert {path.name for path in daemon.home.history.iterdir()} == set(jobs[2:])


def test_the_history_keeps_to_its_bytes_but_never_drops_the_newest(daemon: StandinDaemon) -> None:
    daemon.limit(history_bytes=1)
    with daemon.client() as client:
        first, second = finish(client), finish(client)
        assert [s.job for s in client.jobs()] == [second]
    assert not (daemon.home.history / first).exists()


def test_what_is_unfinished_outlasts_what_has_ended(endless_job: StandinDaemon) -> None:
    endless_job.limit(history_jobs=3)
    with endless_job.client() as client:
        paused = submit(client, picture(seed=1))
        until(client, events.Progress)
        client.change(paused, "pause")
        until(client, events.Paused)
        Script(steps=2).write(endless_job.home.root)
        finished = [finish(client, seed) for seed in (2, 3, 4)]
        assert {summary.job for summary in client.jobs()} == {paused, *finished[1:]}


def test_what_a_killed_process_left_half_written_is_removed(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        job = finish(client)
        folder = daemon.home.history / job
        (folder / ".result-half").write_bytes(bytes(99))
    stop(daemon, signal.SIGKILL)
    with daemon.client() as client:
        assert client.job(job).state == "done"
    assert not list(folder.glob(".*"))


def test_a_result_that_says_nothing_sensible_costs_its_job_alone(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        damaged, whole = finish(client, 1), finish(client, 2)
    stop(daemon)
    result = daemon.home.history / damaged / "result"
    result.write_bytes(result.read_bytes().replace(b'"finished"', b'"finifhed"'))
    with daemon.client() as client:
        assert [summary.job for summary in client.jobs()] == [whole]


def test_a_failed_job_is_remembered_with_its_reason(daemon: StandinDaemon) -> None:
    Script(crash_at=2, crash_always=True).write(daemon.home.root)
    with daemon.client() as client:
        job = submit(client)
        until(client, events.Failed)
    stop(daemon)
    Script().write(daemon.home.root)
    with daemon.client() as client:
        assert client.job(job).state == "failed"
        assert "stopped in the middle" in client.job(job).error
        client.rerun(job, {})
        until(client, events.Finished)


def test_a_reason_keeps_its_values_and_needs_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    history = History(home, Limits())
    offers = (ImageOffer("content", picture().spec), ImageOffer("style", picture().spec))
    job = history.new_job(Settings(), offers, "test", b"")
    why = Phrase("It is {n}.", {"n": 2.5})
    failure = WorkerError("It takes {size}.", next_step="{why}", size=Amount(3 * 10**9), why=why)
    job.error = failure
    history.save(job)
    (kept,) = History(home, Limits()).load()
    assert isinstance(kept.error, WorkerError)
    assert (kept.error.what, kept.error.advice) == (failure.what, failure.advice)
    assert str(kept.error) == "It takes 3.0 GB. It is 2.5."

    record = json.loads(job.folder.record.read_text(encoding="utf-8"))
    record["error"] = ["worker", "It failed.", "Try again."]  # by an earlier version
    job.folder.record.write_text(json.dumps(record), encoding="utf-8")
    (kept,) = History(home, Limits()).load()
    assert str(kept.error) == "It failed. Try again."


def test_what_was_unfinished_is_offered_after_the_service_was_killed(
    endless_job: StandinDaemon,
) -> None:
    with endless_job.client() as client:
        running, waiting = submit(client, picture(seed=1)), submit(client, picture(seed=2))
        until(client, events.Preview)
        wait_until(lambda: (endless_job.home.history / running / "checkpoint").exists())
        os.kill(client.daemon.pid, signal.SIGKILL)
        until(client, events.Disconnected)
    with endless_job.client() as client:
        assert {s.job: s.state for s in client.jobs()} == {running: "paused", waiting: "paused"}
        for job, seed in ((running, 1), (waiting, 2)):
            Script(endless=True).write(endless_job.home.root)
            client.watch(job)
            until(client, events.Paused)
            client.change(job, "resume")
            first = until(client, events.Progress)[-1]
            assert (first.step > 1) == (job == running)
            Script().write(endless_job.home.root)
            assert until(client, events.Finished)[-1].picture == inverted(picture(seed=seed))


def test_a_clean_end_saves_the_running_job_at_its_last_step(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        job = submit(client)
        step = next(e.step for e in until(client, events.Progress)[::-1])
        client.shut_down()
        paused = until(client, events.Paused)[-1]
        assert paused.step >= step
        until(client, events.Disconnected)
    with endless_job.client() as client:
        client.watch(job)
        client.change(job, "resume")
        first = until(client, events.Progress)[-1]
        assert first.step == paused.step + 1


def test_the_picture_of_a_paused_job_can_be_kept_as_it_is(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        job = submit(client, picture(seed=1))
        until(client, events.Progress)
        client.change(job, "pause")
        paused = until(client, events.Paused)[-1]
        client.cancel(job, keep=True)
        kept = until(client, events.Finished)[-1]
        assert (kept.ending, kept.picture) == ("stopped", inverted(picture(seed=1)))
        assert paused.step <= kept.steps
        other = submit(client, picture(seed=2))
        until(client, events.Started)
        client.change(other, "pause")
        until(client, events.Paused)
        client.cancel(other, keep=False)
        until(client, events.Discarded)
        assert [summary.job for summary in client.jobs()] == [job]


def test_a_job_is_paused_and_resumed(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        job, other = submit(client, picture(seed=1)), submit(client, picture(seed=2))
        until(client, events.Progress)
        client.change(job, "pause")
        paused = until(client, events.Paused)[-1]
        assert paused.job == job
        assert client.job(job).byte_count > 3 * picture().spec.byte_count  # with its checkpoint
        assert until(client, events.Started)[-1].job == other
        client.change(job, "resume")
        client.cancel(other, keep=False)
        until(client, events.Discarded)
        until(client, events.Started)
        assert until(client, events.Progress)[-1].step == paused.step + 1
        with pytest.raises(BusyError, match="being painted"):
            client.change(job, "resume")
        with pytest.raises(BusyError, match="cannot be removed"):
            client.change(job, "remove")
        client.cancel(job, keep=False)
        until(client, events.Discarded)


def test_a_waiting_job_goes_to_the_front(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        first, second, third = (submit(client, picture(seed=n)) for n in range(3))
        until(client, events.Progress)
        wait_until(lambda: client.job(third).state == "queued")
        client.change(third, "front")
        client.cancel(first, keep=False)
        until(client, events.Discarded)
        assert until(client, events.Started)[-1].job == third
        for job in (second, third):
            client.cancel(job, keep=False)
            until(client, events.Discarded)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "job.json").write_text("{", encoding="utf-8"),
        lambda folder: (folder / "job.json").write_text("[]", encoding="utf-8"),
        lambda folder: (folder / "job.json").write_text('{"images": 5}', encoding="utf-8"),
        lambda folder: (folder / "job.json").unlink(),
        lambda folder: (
            (folder / "image-0.raw").write_bytes(b"short")
            and (folder / "result").write_bytes(b"{}\nshort")
        ),
    ],
)
def test_a_damaged_job_is_no_obstacle(daemon: StandinDaemon, harm: object) -> None:
    with daemon.client() as client:
        whole, harmed = finish(client), finish(client)
    stop(daemon)
    harm(daemon.home.history / harmed)  # type: ignore[operator]
    (daemon.home.history / "notes.txt").write_text("not ours", encoding="utf-8")
    with daemon.client() as client:
        assert [s.job for s in client.jobs()] == [whole]
        finish(client)
    assert (daemon.home.history / "notes.txt").exists()


def test_no_file_of_a_job_is_for_others(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        finish(client)

    def private(path: Path) -> bool:
        return path.stat().st_mode & 0o077 == 0

    assert private(daemon.home.history)
    assert all(private(path) for path in daemon.home.history.iterdir())
