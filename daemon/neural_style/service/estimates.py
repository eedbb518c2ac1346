"""Questions about pictures that are not sent yet: handed to the worker, which knows the engine.

A client has one question at most, its newest, and the worker gets it when it has answered the one
before: they cannot pile up, however quickly they come.
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
class _Open:
    """What a client wants to know, and what the worker was asked for it.

    ``ticket`` is the service's own name for the question that the process ``worker`` was asked;
    ``outdated`` says that the client wants to know something else by now.
    """

    asked: AskEstimate
    ticket: str = ""
    worker: int = 0
    outdated: bool = False


class Estimates:
    """The open questions, by the client that asks."""

    def __init__(self, worker: WorkerLink, subscribers: Subscribers) -> None:
        self._worker = worker
        self._subscribers = subscribers
        self._open: dict[bytes, _Open] = {}

    def ask(self, identity: bytes, question: AskEstimate) -> None:
        """Take a question whose settings are valid; it replaces the client's earlier one."""
        earlier = self._open.get(identity)
        if earlier is not None and earlier.worker == self._worker.pid:
            earlier.asked, earlier.outdated = question, True
            return
        self._open[identity] = _Open(question)
        self.pass_on()

    def pass_on(self) -> None:
        """Hand the worker what it was not asked yet, once it has loaded its network."""
        if not self._open or self._worker.state not in ("ready", "busy"):
            return
        for question in self._open.values():
            if question.worker != self._worker.pid:
                question.worker, question.outdated = self._worker.pid, False
                question.ticket = secrets.token_hex(8)
                self._worker.send(dataclasses.replace(question.asked, ticket=question.ticket))

    def take(self, answer: Estimate | daemon_messages.ErrorReply) -> None:
        """Tell the client what the worker answers, unless it has asked something else since."""
        for identity, question in list(self._open.items()):
            if question.ticket != answer.ticket:
                continue
            if question.outdated:
                question.worker = 0
                self.pass_on()
            else:
                del self._open[identity]
                ticket = question.asked.ticket
                self._subscribers.send(identity, dataclasses.replace(answer, ticket=ticket))

    def give_up(self, error: NeuralStyleError) -> None:
        """There is no worker that could answer."""
        for identity, question in self._open.items():
            reply = daemon_messages.ErrorReply.of(error, ticket=question.asked.ticket)
            self._subscribers.send(identity, reply)
        self._open.clear()
