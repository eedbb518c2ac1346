"""Who is told what of which job. A client that does not read loses its place, nothing else."""

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
        """Tell one client, without waiting."""
        try:
            self._front.send_multipart([identity, *encode(message, pixels)], zmq.NOBLOCK)
        except zmq.Again:
            log.info("a client takes its messages too slowly")
            self.let_go(identity)
        except zmq.ZMQError as error:
            log.info("a client is not there any more (%s)", error)
            self._stop_telling(identity)

    def tell(self, job: Job, message: Message) -> None:
        """Tell all who follow ``job``."""
        for identity in list(job.watchers):
            self.send(identity, message)

    def tell_error(self, job: Job, error: NeuralStyleError) -> None:
        self.tell(job, daemon_messages.ErrorReply.of(error, job=job.name))

    def tell_positions(self) -> None:
        """Tell everybody who waits how many are before them."""
        for job in self._jobs.queued:
            self.tell(job, daemon_messages.Queued(job.name, self._jobs.position(job)))

    def say_goodbye(self) -> None:
        for session in self.sessions:
            self.send(session.identity, daemon_messages.Goodbye())

    def let_go(self, identity: bytes) -> None:
        """Forget a client; its jobs go on, apart from those it never finished sending."""
        self.sessions.close(identity)
        self._stop_telling(identity)

    def _stop_telling(self, identity: bytes) -> None:
        """A client that is gone may have sent something that has not been read yet."""
        if (session := self.sessions.get(identity)) is not None:
            session.is_gone = True
        for job in self._jobs:
            job.watchers.discard(identity)

    def show(self, job: Job) -> None:
        """A new preview of ``job`` is there for those who are not busy fetching another."""
        for identity in list(job.watchers):
            session = self.sessions.get(identity)
            if session is not None and session.in_flight is None:
                self.offer_preview(session, job)

    def offer_preview(self, session: Session, job: Job) -> None:
        """Announce the newest preview once; older ones that nobody fetched are gone."""
        if job.preview is None or session.seen.get(job.name, 0) >= job.preview_serial:
            return
        session.in_flight = PreviewInFlight(job.name, job.preview_serial, job.preview)
        session.seen[job.name] = job.preview_serial
        announcement = daemon_messages.Preview(
            job.name, job.preview_serial, job.preview_step, job.preview.spec
        )
        self.send(session.identity, announcement)

    def forget_previews(self, job: Job) -> None:
        """``job`` has ended; a preview in flight is still fetched to its end."""
        job.preview = None
        for session in self.sessions:
            session.seen.pop(job.name, None)
