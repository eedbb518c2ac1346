"""What a full queue has refused is sent again, unless there can never be room for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from neural_style.batch import full_queue
from neural_style.batch.full_queue import FullQueue
from neural_style_protocol.client import Client
from neural_style_protocol.errors import BusyError


class Daemon:
    """Refuses what is sent so many times; ``waiting`` is what its status tells each time."""

    def __init__(self, refusals: int, waiting: list[int]) -> None:
        self._refusals, self._waiting = refusals, waiting

    def status(self) -> SimpleNamespace:
        return SimpleNamespace(jobs=(None,) * self._waiting.pop(0))

    def send(self) -> str:
        self._refusals -= 1
        if self._refusals >= 0:
            raise BusyError("Too many pictures are waiting already.")
        return "a job"


def queue_of(daemon: Daemon) -> FullQueue:
    return FullQueue(cast(Client, daemon))


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_queue, "FULL_SECONDS", 1000.0)


def test_while_others_wait_it_is_not_sent_again_at_once() -> None:
    daemon = Daemon(1, [3])
    queue = queue_of(daemon)
    assert queue.may_have_room
    assert (queue.sent(daemon.send), queue.may_have_room) == ("", False)


def test_a_queue_that_was_emptied_since_the_refusal_is_tried_at_once() -> None:
    daemon = Daemon(1, [0])
    queue = queue_of(daemon)
    assert (queue.sent(daemon.send), queue.may_have_room) == ("", True)
    assert queue.sent(daemon.send) == "a job"


def test_that_it_was_emptied_once_says_nothing_of_the_next_picture() -> None:
    daemon = Daemon(1, [0, 0])
    queue = queue_of(daemon)
    queue.sent(daemon.send)
    queue.sent(daemon.send)
    daemon = Daemon(1, [])
    assert queue.sent(daemon.send) == ""


def test_what_an_empty_queue_refuses_it_will_always_refuse() -> None:
    daemon = Daemon(2, [0, 0])
    queue = queue_of(daemon)
    assert queue.sent(daemon.send) == ""
    with pytest.raises(BusyError):
        queue.sent(daemon.send)
