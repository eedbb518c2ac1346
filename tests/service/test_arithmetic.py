"""A job is painted in the arithmetic that its client names, by whichever daemon gets to it."""

from __future__ import annotations

import dataclasses

import pytest

from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, until
from service.standin_worker import Script


def send(client: Client, arithmetic: str) -> str:
    return client.submit(picture(), [(picture(), 1.0)], Settings(), arithmetic=arithmetic)


def test_the_daemon_tells_what_it_would_choose(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        assert client.estimate(Settings(), 30, 20).arithmetic == "integers in bfloat16"


def test_a_job_is_painted_in_the_one_that_it_names(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        send(client, "float32")
        until(client, events.Finished)


def test_a_machine_that_cannot_says_so(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        send(client, "bfloat16")
        failed = until(client, events.Failed)[-1]
        assert isinstance(failed, events.Failed)
        assert failed.error.sentence == "This machine cannot compute in bfloat16."
        send(client, "")
        until(client, events.Finished)


def test_the_next_daemon_knows_it_too(daemon: StandinDaemon) -> None:
    """The stand-in tells it by what it refuses."""
    Script(endless=True).write(daemon.home.root)
    with daemon.client() as client:
        job = send(client, "float32")
        until(client, events.Progress)
    daemon.kill()
    Script(arithmetics=("bfloat16",)).write(daemon.home.root)
    with daemon.client() as client:
        client.watch(job)
        until(client, events.Paused)
        client.change(job, "resume")
        failed = until(client, events.Failed)[-1]
        assert isinstance(failed, events.Failed)
        assert failed.error.sentence == "This machine cannot compute in float32."


def test_an_older_daemon_would_choose_without_a_word(shared_daemon: StandinDaemon) -> None:
    with shared_daemon.client() as client:
        older = tuple(name for name in client.daemon.features if name != "arithmetic")
        client.daemon = dataclasses.replace(client.daemon, features=older)
        with pytest.raises(DaemonError, match="paints in no arithmetic but its own") as refused:
            send(client, "float32")
        assert "restart" in refused.value.next_step
        send(client, "")
        until(client, events.Finished)
