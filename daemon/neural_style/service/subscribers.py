"""Messages to the clients that follow a job. A client that does not read is disconnected."""

from __future__ import annotations

import logging

import zmq

from neural_style.service.jobs import Job, Jobs
from neural_style.service.sessions import PreviewInFlight, Session, Sessions
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.messages import encode

log = logging.getLogger(__name__)


class Subscribers:
    """The clients on the bound ROUTER ``front``, and the jobs that they follow."""

    def __init__(self, front: zmq.Socket[bytes], sessions: Sessions, jobs: Jobs) -> None:
        self._front = front
        self.sessions = sessions
        self._jobs = jobs

    def send(self, identity: bytes, message: Message, pixels: bytes = b"") -> None:
        """Send a message to one client, without waiting."""
        try:
            self._front.send_multipart([identity, *encode(message, pixels)], zmq.NOBLOCK)
        except zmq.Again:
            log.info("a client takes its messages too slowly")
            self.disconnect(identity)
        except zmq.ZMQError as error:
            log.info("a client is not there any more (%s)", error)
            self._unsubscribe(identity)

    def notify(self, job: Job, message: Message) -> None:
        """Send a message to all clients that follow ``job``."""
        for identity in list(job.watchers):
            self.send(identity, message)

    def notify_error(self, job: Job, error: NeuralStyleError) -> None:
        self.notify(job, daemon_messages.ErrorReply.of(error, job=job.name))

    def notify_positions(self) -> None:
        """Send each waiting job's position to its clients."""
        for job in self._jobs.queued:
            self.notify(job, daemon_messages.Queued(job.name, self._jobs.position(job)))

    def say_goodbye(self) -> None:
        for session in self.sessions:
            self.send(session.identity, daemon_messages.Goodbye())

    def disconnect(self, identity: bytes) -> None:
        """Close a client's session. Its jobs continue, except those with an incomplete upload."""
        self.sessions.close(identity)
        self._unsubscribe(identity)

    def _unsubscribe(self, identity: bytes) -> None:
        """Keep the session of a client that is gone: its last messages may still be unread."""
        if (session := self.sessions.get(identity)) is not None:
            session.is_gone = True
        for job in self._jobs:
            job.watchers.discard(identity)

    def announce_preview(self, job: Job) -> None:
        """Announce a new preview of ``job`` to the clients that are not fetching another one."""
        for identity in list(job.watchers):
            session = self.sessions.get(identity)
            if session is not None and session.in_flight is None:
                self.offer_preview(session, job)

    def offer_preview(self, session: Session, job: Job) -> None:
        """Announce the newest preview of ``job``, unless it was announced before."""
        if job.preview is None or session.announced.get(job.name, 0) >= job.preview_serial:
            return
        session.in_flight = PreviewInFlight(job.name, job.preview_serial, job.preview)
        session.announced[job.name] = job.preview_serial
        announcement = daemon_messages.Preview(
            job.name, job.preview_serial, job.preview_step, job.preview.spec
        )
        self.send(session.identity, announcement)

    def forget_previews(self, job: Job) -> None:
        """Drop the preview of an ended job; clients can still finish fetching it."""
        job.preview = None
        for session in self.sessions:
            session.announced.pop(job.name, None)
