"""Clients that cannot be told anything any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import zmq

from neural_style.service import sessions
from neural_style.service.jobs import Jobs
from neural_style.service.limits import Limits
from neural_style.service.sessions import Sessions
from neural_style.service.subscribers import Subscribers
from neural_style_protocol import daemon_messages

GONE = b"gone"


@pytest.fixture
def subscribers() -> Iterator[Subscribers]:
    """With one session, whose client is not connected any more."""
    limits = Limits()
    with zmq.Context() as context, context.socket(zmq.ROUTER) as front:
        front.router_mandatory = True
        front.bind("inproc://front")
        made = Subscribers(front, Sessions(limits), Jobs(limits))
        made.sessions.open(GONE, "GIMP", ())
        yield made


def test_what_a_client_sent_before_it_went_is_still_heard(subscribers: Subscribers) -> None:
    subscribers.send(GONE, daemon_messages.Pong())
    assert subscribers.sessions.on_message(GONE) is not None
    assert subscribers.sessions.silent() == []


def test_it_is_not_waited_for_as_long_as_one_that_may_come_back(
    subscribers: Subscribers, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now)
    subscribers.sessions.on_message(GONE)
    now += sessions.LAST_MESSAGES_SECONDS + 0.1
    assert subscribers.sessions.silent() == []
    subscribers.send(GONE, daemon_messages.Pong())
    assert [session.identity for session in subscribers.sessions.silent()] == [GONE]
