"""What a picture will take, asked before it is sent."""

from __future__ import annotations

import time

import pytest

from neural_style_protocol import client_messages, daemon_messages, events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonError, InputError, WeightsError
from neural_style_protocol.estimates import AskEstimate
from neural_style_protocol.settings import Settings
from service.standin_daemon import RawClient, StandinDaemon, picture, until
from service.standin_worker import Script


def test_a_question_is_answered(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        estimate = client.estimate(Settings(), 640, 480)
    assert (estimate.width, estimate.height, estimate.seconds) == (640, 480, 640.0)
    assert estimate.peak_bytes == 100_000_000 + 100 * 640 * 480
    assert estimate.how == "computed whole on stand-in"


def test_it_is_told_how_many_styles_are_mixed(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        client.ask_estimate(Settings(), 640, 480, styles=3)
        assert until(client, events.Estimate)[-1].seconds == 3 * 640.0


def test_it_is_an_event_for_a_client_that_does_not_wait(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        ticket = client.ask_estimate(Settings(), 200, 100)
        estimate = until(client, events.Estimate)[-1]
        assert (estimate.ticket, estimate.seconds) == (ticket, 200.0)
        ticket = client.ask_estimate(Settings(), 200, 13)
        refused = until(client, events.NoEstimate)[-1]
        assert (refused.ticket, type(refused.error)) == (ticket, InputError)


def test_a_refusal_is_raised_for_a_client_that_waits(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        with pytest.raises(InputError, match="too small"):
            client.estimate(Settings(), 200, 13)
        with pytest.raises(InputError, match="too large"):
            client.estimate(Settings(), 60_000, 60_000)
        assert client.estimate(Settings(), 7, 5).seconds == 7.0


def test_settings_that_are_wrong_are_refused(shared_daemon: StandinDaemon) -> None:
    shared_daemon.start()
    with RawClient(shared_daemon.connection()) as raw:
        raw.say(client_messages.Hello(1, 1))
        assert isinstance(raw.hear(), daemon_messages.Welcome)
        raw.say(AskEstimate("mine", {"strength": 5_000.0}, 64, 64))
        refused = raw.hear()
        assert isinstance(refused, daemon_messages.ErrorReply)
        assert (refused.code, refused.ticket) == ("settings", "mine")


def test_it_is_answered_while_a_job_runs(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client, endless_job.client() as other:
        job = client.submit(picture(), [(picture(seed=2), 1.0)], Settings())
        until(client, events.Progress)
        assert other.estimate(Settings(), 30, 20).seconds == 30.0
        assert client.job(job).state == "running"


def test_it_waits_for_the_model(daemon: StandinDaemon) -> None:
    Script(load_seconds=1.0).write(daemon.home.root)
    with daemon.client() as client:
        assert client.status().state == "loading"
        assert client.estimate(Settings(), 30, 20).seconds == 30.0


def test_the_newest_question_of_a_client_is_the_one_that_counts(daemon: StandinDaemon) -> None:
    Script(load_seconds=1.0).write(daemon.home.root)
    with daemon.client() as client, daemon.client() as other:
        for width in range(20, 30):
            client.ask_estimate(Settings(), width, 20)
        other.ask_estimate(Settings(), 99, 20)
        assert [e.seconds for e in until(client, events.Estimate)] == [29.0]
        assert [e.seconds for e in until(other, events.Estimate)] == [99.0]


def test_a_flood_of_questions_reaches_the_worker_one_by_one(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        daemon.worker_pid()
        for width in range(1, 3_001):
            client.ask_estimate(Settings(), width, 20)
            if width % 100 == 0:
                client.wait(0.01)
        answer = client.estimate(Settings(), 5_000, 20)
        assert answer.seconds == 5_000.0
        assert answer.evaluations < 1_000  # how many the stand-in has been asked


def test_a_client_that_was_let_go_gets_its_answer_all_the_same(daemon: StandinDaemon) -> None:
    daemon.start(silent_client=0.5)
    with daemon.client() as client:
        time.sleep(1.5)
        ticket = client.ask_estimate(Settings(), 30, 20)
        assert until(client, events.Estimate)[-1].ticket == ticket


def test_a_worker_that_dies_of_it_is_replaced_and_asked_again(daemon: StandinDaemon) -> None:
    Script(dies_of_questions=77).write(daemon.home.root)
    with daemon.client() as client:
        assert client.estimate(Settings(), 77, 20).seconds == 77.0


def test_without_a_worker_the_answer_is_why(daemon: StandinDaemon) -> None:
    Script(unready=True, load_seconds=0.5).write(daemon.home.root)
    with daemon.client() as client, pytest.raises(WeightsError, match="damaged"):
        client.estimate(Settings(), 30, 20)


def test_a_model_that_was_let_go_is_loaded_for_it(daemon: StandinDaemon) -> None:
    daemon.limit(unload_after=0.3)
    with daemon.client() as client:
        until_resting(client)
        assert client.estimate(Settings(), 30, 20).seconds == 30.0


def until_resting(client: Client) -> None:
    while client.status().state != "resting":
        client.wait(0.05)


def test_an_older_daemon_is_not_asked(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        client.daemon = daemon_messages.Welcome(1, "0.0.9", ("history", "pause"))
        with pytest.raises(DaemonError, match=r"0\.0\.9.*cannot estimate") as refused:
            client.estimate(Settings(), 30, 20)
        assert "restart" in refused.value.next_step
        with pytest.raises(DaemonError, match="cannot estimate"):
            client.ask_estimate(Settings(), 30, 20)
        client.submit(picture(), [(picture(), 1.0)], Settings())
        until(client, events.Finished)
