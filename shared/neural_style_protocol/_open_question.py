"""A client's newest question about time and memory, until it is answered."""

from __future__ import annotations

from collections.abc import Callable

from neural_style_protocol import events
from neural_style_protocol._message import Message
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.estimates import AskEstimate, Estimate


class OpenQuestion:
    """At most one question, sent by ``send``; a newer one takes its place, as in the daemon."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._asked: AskEstimate | None = None

    def ask(self, question: AskEstimate) -> str:
        """Send a question; returns its ticket."""
        self._asked = question
        self._send(question)
        return question.ticket

    def ask_again(self) -> None:
        """Send it again, if there is one: the daemon has forgotten it."""
        if self._asked is not None:
            self._send(self._asked)

    def forget(self) -> None:
        """Wait for no answer any more."""
        self._asked = None

    def is_answered_by(self, message: Estimate | ErrorReply) -> bool:
        """Whether ``message`` is the answer, or says why there is none."""
        return self._asked is not None and self._asked.ticket == message.ticket

    def event_of(self, answer: Estimate | ErrorReply) -> events.Event:
        """What the client tells of the answer, after which the question is no longer open."""
        self.forget()
        if isinstance(answer, Estimate):
            return answer
        return events.NoEstimate(answer.ticket, answer.exception())
