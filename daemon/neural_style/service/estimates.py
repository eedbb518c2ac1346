"""Requests for estimates, which the worker answers.

For each client only the newest request is kept. The worker gets it after it has answered the
client's previous one, so requests cannot pile up.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from neural_style.service.subscribers import Subscribers
from neural_style_protocol import daemon_messages
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.estimates import AskEstimate, Estimate


class Answering(Protocol):
    """A worker that has loaded its network."""

    @property
    def pid(self) -> int: ...

    def ask(self, question: AskEstimate) -> None:
        """Send it a question."""


@dataclass
class _Question:
    """A client's newest question, and what was sent to the worker for it.

    ``ticket`` is the service's own name for the question that was sent to the process ``worker``.
    It is ``outdated`` if the client has replaced its question since.
    """

    newest: AskEstimate
    ticket: str = ""
    worker: int = 0
    outdated: bool = False


class Estimates:
    """The open questions, one for each client."""

    def __init__(self, subscribers: Subscribers) -> None:
        self._subscribers = subscribers
        self._open: dict[bytes, _Question] = {}

    def ask(self, identity: bytes, question: AskEstimate) -> None:
        """Add a question with valid settings; it replaces the client's earlier one."""
        earlier = self._open.setdefault(identity, _Question(question))
        earlier.newest = question
        earlier.outdated = earlier.worker != 0

    def forward(
        self, workers: Sequence[Answering], choose: Callable[[AskEstimate], Answering]
    ) -> None:
        """Send new questions, and those whose worker has ended, to one of ``workers``.

        ``choose`` says which of them shall answer a question.
        """
        alive = {worker.pid for worker in workers}
        for question in self._open.values():
            if workers and question.worker not in alive:
                worker = choose(question.newest)
                question.worker, question.outdated = worker.pid, False
                question.ticket = secrets.token_hex(8)
                worker.ask(dataclasses.replace(question.newest, ticket=question.ticket))

    def deliver(self, answer: Estimate | daemon_messages.ErrorReply) -> None:
        """Send the worker's answer to the client, unless the client has replaced its question."""
        for identity, question in list(self._open.items()):
            if question.ticket != answer.ticket:
                continue
            if question.outdated:
                question.worker = 0  # the newest one is sent next
            else:
                del self._open[identity]
                ticket = question.newest.ticket
                self._subscribers.send(identity, dataclasses.replace(answer, ticket=ticket))

    def fail_all(self, error: NeuralStyleError) -> None:
        """Answer all questions with ``error``, because no worker can answer them."""
        for identity, question in self._open.items():
            reply = daemon_messages.ErrorReply.of(error, ticket=question.newest.ticket)
            self._subscribers.send(identity, reply)
        self._open.clear()
