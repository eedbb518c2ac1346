"""Requests for estimates, which the worker answers.

For each client only the newest request is kept. The worker gets it after it has answered the
client's previous one, so requests cannot pile up.
"""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass

from neural_style.service.subscribers import Subscribers
from neural_style.service.worker_link import WorkerLink
from neural_style_protocol import daemon_messages
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.estimates import AskEstimate, Estimate


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

    def __init__(self, worker: WorkerLink, subscribers: Subscribers) -> None:
        self._worker = worker
        self._subscribers = subscribers
        self._open: dict[bytes, _Question] = {}

    def ask(self, identity: bytes, question: AskEstimate) -> None:
        """Add a question with valid settings; it replaces the client's earlier one."""
        earlier = self._open.get(identity)
        if earlier is not None and earlier.worker == self._worker.pid:
            earlier.newest, earlier.outdated = question, True
            return
        self._open[identity] = _Question(question)
        self.forward()

    def forward(self) -> None:
        """Send new questions to the worker, if it has loaded its network."""
        if not self._open or self._worker.state not in ("ready", "busy"):
            return
        for question in self._open.values():
            if question.worker != self._worker.pid:
                question.worker, question.outdated = self._worker.pid, False
                question.ticket = secrets.token_hex(8)
                self._worker.send(dataclasses.replace(question.newest, ticket=question.ticket))

    def deliver(self, answer: Estimate | daemon_messages.ErrorReply) -> None:
        """Send the worker's answer to the client, unless the client has replaced its question."""
        for identity, question in list(self._open.items()):
            if question.ticket != answer.ticket:
                continue
            if question.outdated:
                question.worker = 0
                self.forward()
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
