"""The service's loop: what clients ask is answered, what the worker says is passed on.

Nothing here waits: pictures come and go in bounded chunks, and a client that does not read
loses its connection, not the others' time.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable

import zmq

from neural_style.service.jobs import RESULT_SERIAL, Job, Jobs
from neural_style.service.limits import Limits
from neural_style.service.sessions import PreviewInFlight, Session, Sessions
from neural_style.service.worker_link import WorkerLink
from neural_style.worker.messages import Ready, Run, Unready
from neural_style_protocol import __version__
from neural_style_protocol import client_messages as asked
from neural_style_protocol import daemon_messages as said
from neural_style_protocol._message import Message
from neural_style_protocol.codec import PROTOCOL_VERSION
from neural_style_protocol.errors import (
    NeuralStyleError,
    ProtocolError,
    UnknownJobError,
    VersionError,
    WorkerError,
    error_from_code,
)
from neural_style_protocol.messages import decode_from_client, encode
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

log = logging.getLogger(__name__)

TICK_MS = 500
BURST = 64
"""Client messages handled before the worker is looked at again."""


class Server:
    """Clients on a bound ROUTER ``front``, one worker behind it."""

    def __init__(self, front: zmq.Socket[bytes], worker: WorkerLink, limits: Limits) -> None:
        self._front = front
        self._worker = worker
        self._limits = limits
        self._sessions = Sessions(limits)
        self._jobs = Jobs(limits)
        self._problem: NeuralStyleError | None = None
        self._began = time.monotonic()
        self._ending = False

    def run(self) -> None:
        """Serve until a ``shutdown`` message or :meth:`end`."""
        self._worker.start()
        while not self._ending:
            self._wait()
            self._hear_clients()
            self._hear_worker()
            self._watch_worker()
            self._forget_silent_clients()
            self._start_next()
        for session in self._sessions:
            self._send(session.identity, said.Goodbye())

    def end(self) -> None:
        """Leave the loop at its next turn; safe in a signal handler."""
        self._ending = True

    def _wait(self) -> None:
        poller = zmq.Poller()
        poller.register(self._front, zmq.POLLIN)
        if self._worker.socket is not None:
            poller.register(self._worker.socket, zmq.POLLIN)
        poller.poll(TICK_MS)

    # --- clients ----------------------------------------------------------------------------

    def _hear_clients(self) -> None:
        for _ in range(BURST):
            try:
                identity, *frames = self._front.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._answer(identity, frames)

    def _answer(self, identity: bytes, frames: list[bytes]) -> None:
        message: Message | None = None
        try:
            message, pixels = decode_from_client(frames)
            session = self._sessions.heard(identity)
            if isinstance(message, asked.Hello):
                self._welcome(identity, message)
            elif session is None:
                raise ProtocolError("The first message must be a hello.")
            else:
                self._do(session, message, pixels)
        except NeuralStyleError as error:
            log.info("refused: %s", error.sentence)
            ticket = getattr(message, "ticket", "")
            job = getattr(message, "job", "")
            self._send(identity, said.ErrorReply.of(error, job=job, ticket=ticket))

    def _welcome(self, identity: bytes, hello: asked.Hello) -> None:
        if not hello.oldest <= PROTOCOL_VERSION <= hello.newest:
            raise VersionError(
                f"The daemon (version {__version__}) and this program do not understand each "
                f"other: it speaks protocol {PROTOCOL_VERSION}, the program {hello.oldest} "
                f"to {hello.newest}."
            )
        self._sessions.open(identity, hello.client)
        self._send(identity, said.Welcome(PROTOCOL_VERSION, __version__, pid=os.getpid()))

    def _do(self, session: Session, message: Message, pixels: bytes) -> None:
        match message:
            case asked.Ping():
                self._send(session.identity, said.Pong())
            case asked.AskStatus():
                self._send(session.identity, self._status())
            case asked.Shutdown():
                log.info("asked to end by %r", session.name)
                self.end()
            case asked.Submit():
                self._submit(session, message)
            case asked.Upload():
                self._upload(session, message, pixels)
            case asked.Fetch():
                self._fetch(session, message)
            case asked.Watch():
                self._watch(session, message)
            case asked.Cancel():
                self._cancel(message)

    def _submit(self, session: Session, message: asked.Submit) -> None:
        settings = Settings.from_dict(message.settings)
        job = self._jobs.admit(settings, message.images, session.identity)
        log.info("job %s from %r: %s", job.name, session.name, settings)
        self._send(session.identity, said.Accepted(message.ticket, job.name))

    def _upload(self, session: Session, message: asked.Upload, pixels: bytes) -> None:
        job = self._jobs.get(message.job)
        if job.owner != session.identity:
            raise UnknownJobError("Another program sends that job's pixels.")
        try:
            received = job.add_pixels(message.image, message.offset, pixels)
        except ProtocolError:
            self._jobs.end(job, "failed")
            raise
        self._send(session.identity, said.Received(job.name, message.image, received))
        if job.uploaded:
            self._tell(job, said.Queued(job.name, self._jobs.enqueue(job)))

    def _fetch(self, session: Session, message: asked.Fetch) -> None:
        picture = self._announced(session, message)
        chunk = picture.chunk(message.offset)
        if not chunk:
            raise ProtocolError("The picture has no pixels there.")
        pixels = said.Pixels(message.job, message.serial, message.offset)
        self._send(session.identity, pixels, chunk)
        last = message.offset + len(chunk) == picture.spec.byte_count
        if last and message.serial != RESULT_SERIAL:
            session.in_flight = None
            running = self._jobs.running
            if running is not None and session.identity in running.watchers:
                self._offer_preview(session, running)

    def _announced(self, session: Session, message: asked.Fetch) -> Picture:
        if message.serial == RESULT_SERIAL:
            picture = self._jobs.get(message.job).result_picture
        else:
            flight = session.in_flight
            wanted = (message.job, message.serial)
            held = flight is not None and (flight.job, flight.serial) == wanted
            picture = flight.picture if flight is not None and held else None
        if picture is None:
            raise UnknownJobError("That picture is no longer here.")
        return picture

    def _watch(self, session: Session, message: asked.Watch) -> None:
        job = self._jobs.get(message.job)
        job.watchers.add(session.identity)
        for line in self._news(job):
            self._send(session.identity, line)

    def _news(self, job: Job) -> Iterable[Message]:
        if job.state == "queued":
            yield said.Queued(job.name, self._jobs.position(job))
        if job.state == "running":
            yield said.Started(job.name)
        if job.result is not None:
            yield job.result
        if job.state == "discarded":
            yield said.Discarded(job.name)
        if job.error is not None:
            yield said.ErrorReply.of(job.error, job=job.name)

    def _cancel(self, message: asked.Cancel) -> None:
        job = self._jobs.get(message.job)
        if job.state == "running":
            self._worker.send(message)
        elif not job.ended:
            self._finish(job, "discarded", said.Discarded(job.name))

    def _status(self) -> said.Status:
        return said.Status(
            state=self._state(),
            daemon_version=__version__,
            pid=os.getpid(),
            worker_pid=self._worker.pid,
            uptime=time.monotonic() - self._began,
            device=self._worker.device,
            problem=str(self._problem) if self._problem else "",
            clients=len(self._sessions),
            jobs=tuple(job.line() for job in self._jobs),
        )

    def _state(self) -> str:
        if self._jobs.running is not None:
            return "busy"
        if self._worker.state == "ready":
            return "ready"
        return "problem" if self._problem is not None else "loading"

    def _forget_silent_clients(self) -> None:
        for session in self._sessions.silent():
            log.info("client %r is silent and is let go", session.name)
            self._let_go(session.identity)

    def _let_go(self, identity: bytes) -> None:
        self._sessions.close(identity)
        self._jobs.drop_uploads_of(identity)
        for job in self._jobs:
            job.watchers.discard(identity)

    # --- the worker -------------------------------------------------------------------------

    def _hear_worker(self) -> None:
        while (received := self._worker.receive()) is not None:
            message, pictures = received
            self._take(message, pictures)

    def _take(self, message: Message, pictures: list[bytes]) -> None:
        match message:
            case Ready():
                log.info("worker ready on %s", message.device)
                self._worker.state = "ready"
                self._worker.device = message.device
                self._problem = None
            case Unready():
                error = error_from_code(message.code, message.sentence, message.next_step)
                self._give_up_on_queue(error)
            case _:
                job = self._jobs.running
                if job is not None and getattr(message, "job", None) == job.name:
                    self._take_for_job(job, message, pictures)

    def _take_for_job(self, job: Job, message: Message, pictures: list[bytes]) -> None:
        match message:
            case said.Progress():
                job.progress = message
                self._tell(job, message)
            case said.Started() | said.Notice():
                self._tell(job, message)
            case said.Preview():
                self._keep_preview(job, message, pictures)
            case said.Result():
                job.result = message
                job.result_picture = Picture(message.spec, pictures[0])
                self._finish(job, "done", message)
            case said.Discarded():
                self._finish(job, "discarded", message)
            case said.ErrorReply():
                job.error = message.exception()
                self._finish(job, "failed", message)

    def _keep_preview(self, job: Job, message: said.Preview, pictures: list[bytes]) -> None:
        job.preview = Picture(message.spec, pictures[0])
        job.preview_serial += 1
        job.preview_step = message.step
        for identity in job.watchers:
            session = self._sessions.get(identity)
            if session is not None and session.in_flight is None:
                self._offer_preview(session, job)

    def _offer_preview(self, session: Session, job: Job) -> None:
        """Announce the newest preview once; older ones that nobody fetched are gone."""
        if job.preview is None or session.seen.get(job.name, 0) >= job.preview_serial:
            return
        session.in_flight = PreviewInFlight(job.name, job.preview_serial, job.preview)
        session.seen[job.name] = job.preview_serial
        announcement = said.Preview(
            job.name, job.preview_serial, job.preview_step, job.preview.spec
        )
        self._send(session.identity, announcement)

    def _watch_worker(self) -> None:
        status = self._worker.ended()
        if status is None:
            return
        self._hear_worker()
        log.warning("the worker ended with status %s", status)
        was_loading = self._worker.state == "loading"
        self._worker.clear()
        job = self._jobs.running
        if job is not None:
            job.error = WorkerError("The computing process stopped in the middle of this picture.")
            self._finish(job, "failed", said.ErrorReply.of(job.error, job=job.name))
        if was_loading:
            self._give_up_on_queue(self._problem or WorkerError("The computing process failed."))
        else:
            self._worker.start()

    def _give_up_on_queue(self, error: NeuralStyleError) -> None:
        """The worker cannot start, so neither can anything that waits for it."""
        self._problem = error
        for job in self._jobs.queued:
            job.error = error
            self._finish(job, "failed", said.ErrorReply.of(error, job=job.name))

    def _start_next(self) -> None:
        if self._jobs.queued and self._worker.state == "stopped":
            self._worker.start()
        if self._worker.state != "ready" or (job := self._jobs.start_next()) is None:
            return
        self._worker.state = "busy"
        run = Run(job.name, job.settings.to_dict(), job.offers)
        self._worker.send(run, [assembly.picture().data for assembly in job.assemblies])
        self._tell_positions()

    def _finish(self, job: Job, state: str, message: Message) -> None:
        log.info("job %s: %s", job.name, state)
        if job is self._jobs.running and self._worker.state == "busy":
            self._worker.state = "ready"
        self._jobs.end(job, state)
        for session in self._sessions:
            session.seen.pop(job.name, None)  # a preview in flight is still fetched to its end
        self._tell(job, message)
        self._tell_positions()

    # --- sending ----------------------------------------------------------------------------

    def _tell_positions(self) -> None:
        for job in self._jobs.queued:
            self._tell(job, said.Queued(job.name, self._jobs.position(job)))

    def _tell(self, job: Job, message: Message) -> None:
        for identity in list(job.watchers):
            self._send(identity, message)

    def _send(self, identity: bytes, message: Message, pixels: bytes = b"") -> None:
        try:
            self._front.send_multipart([identity, *encode(message, pixels)], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            # Gone (EHOSTUNREACH), or so slow that its queue is full (EAGAIN).
            log.info("a client does not take its messages (%s)", error)
            self._let_go(identity)
