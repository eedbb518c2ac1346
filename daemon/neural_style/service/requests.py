"""Answers the requests of clients."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable

from neural_style.service.estimates import Estimates
from neural_style.service.history import History
from neural_style.service.jobs import RESULT_SERIAL, Job, Jobs
from neural_style.service.ledger import Ledger
from neural_style.service.sessions import Session
from neural_style.service.subscribers import Subscribers
from neural_style.service.supervisor import Supervisor
from neural_style_protocol import (
    __version__,
    client_messages,
    codec,
    daemon_messages,
    deflate,
    estimates,
    sequence,
)
from neural_style_protocol._message import JOB_NAME, Message
from neural_style_protocol.errors import (
    BusyError,
    NeuralStyleError,
    ProtocolError,
    SessionError,
    StorageError,
    UnknownJobError,
    VersionError,
)
from neural_style_protocol.job_list import JOBS_IN_A_LIST, JobList
from neural_style_protocol.messages import decode_from_client
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import CHUNK_BYTES
from neural_style_protocol.set_up import way_to_set_up
from neural_style_protocol.settings import Settings

log = logging.getLogger(__name__)

FEATURES = (
    "history",
    "pause",
    deflate.FEATURE,
    estimates.FEATURE,
    client_messages.ARITHMETIC,
    sequence.FEATURE,
)


class Requests:
    """Answers one message after another, without waiting; the worker does what takes time."""

    def __init__(
        self,
        jobs: Jobs,
        history: History,
        ledger: Ledger,
        subscribers: Subscribers,
        supervisor: Supervisor,
        questions: Estimates,
        status: Callable[[], daemon_messages.Status],
        end: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._history = history
        self._ledger = ledger
        self._subscribers = subscribers
        self._sessions = subscribers.sessions
        self._supervisor = supervisor
        self._questions = questions
        self._status = status
        self._end = end

    def answer(self, identity: bytes, frames: list[bytes]) -> None:
        """Handle the message in ``frames``; its sender gets an ``error`` if that fails."""
        message: Message | None = None
        try:
            message, pixels = decode_from_client(frames)
            session = self._sessions.on_message(identity)
            if isinstance(message, client_messages.Hello):
                self._welcome(identity, message)
            elif session is None:
                raise SessionError("The first message must be a hello.")
            else:
                self._dispatch(session, message, pixels)
        except NeuralStyleError as error:
            log.info("refused: %s", error.sentence)
            ticket = getattr(message, "ticket", "") if message else _ticket_in(frames)
            job = getattr(message, "job", "")
            self._subscribers.send(
                identity, daemon_messages.ErrorReply.of(error, job=job, ticket=ticket)
            )

    def _welcome(self, identity: bytes, hello: client_messages.Hello) -> None:
        if not hello.oldest <= codec.PROTOCOL_VERSION <= hello.newest:
            raise VersionError(
                "The daemon (version {version}) and this program do not understand each other: "
                "it speaks protocol {protocol}, the program {oldest} to {newest}.",
                next_step="Run {setup} again, then `neural-style restart`.",
                version=__version__,
                protocol=codec.PROTOCOL_VERSION,
                oldest=hello.oldest,
                newest=hello.newest,
                setup=way_to_set_up(Home.find()),
            )
        self._sessions.open(identity, hello.client, hello.features)
        welcome = daemon_messages.Welcome(
            codec.PROTOCOL_VERSION, __version__, FEATURES, os.getpid()
        )
        self._subscribers.send(identity, welcome)

    def _dispatch(self, session: Session, message: Message, pixels: bytes) -> None:
        match message:
            case client_messages.Ping():
                self._subscribers.send(session.identity, daemon_messages.Pong())
            case client_messages.AskStatus():
                self._subscribers.send(session.identity, self._status())
            case client_messages.AskJobs():
                self._subscribers.send(session.identity, self._list(message))
            case estimates.AskEstimate():
                Settings.from_dict(message.settings)
                self._supervisor.expect_work()
                self._questions.ask(session.identity, message)
            case client_messages.Bye():
                self._subscribers.disconnect(session.identity)
            case client_messages.Shutdown():
                log.info("asked to end by %r", session.name)
                self._end()
            case client_messages.Submit():
                self._submit(session, message)
            case client_messages.Rerun():
                self._rerun(session, message)
            case client_messages.Upload():
                self._upload(session, message, pixels)
            case client_messages.Fetch():
                self._fetch(session, message)
            case client_messages.Watch():
                self._watch(session, message)
            case client_messages.Cancel() if not self._jobs.was_removed(message.job):
                self._cancel(self._jobs.get(message.job), keep=message.keep)
            case client_messages.Change():
                self._change(self._jobs.get(message.job), message.action)
                self._subscribers.send(session.identity, daemon_messages.Changed(message.ticket))

    # --- new jobs ---------------------------------------------------------------------------

    def _submit(self, session: Session, message: client_messages.Submit) -> None:
        settings = Settings.from_dict(message.settings)
        if message.follows:
            self._jobs.get(message.follows)
        job = self._new_job(session, settings, message.images)
        job.title, job.arithmetic = message.title, message.arithmetic
        job.is_frame = message.frame
        job.follows, job.coherence = message.follows, message.coherence
        is_small = self._jobs.are_small(message.images)
        job.is_preview = message.preview and is_small and not message.frame
        self._subscribers.send(session.identity, daemon_messages.Accepted(message.ticket, job.name))

    def _rerun(self, session: Session, message: client_messages.Rerun) -> None:
        source = self._jobs.get(message.job)
        if source.state == "uploading":
            raise BusyError("The pictures of that job are still on their way.")
        settings = Settings.from_dict({**source.settings.to_dict(), **message.settings})
        job = self._new_job(session, settings, source.offers)
        try:
            job.title = source.title
            self._history.copy_pictures(source, job)
        except NeuralStyleError:
            self._ledger.discard(job)
            raise
        self._subscribers.send(session.identity, daemon_messages.Accepted(message.ticket, job.name))
        self._ledger.enqueue(job)

    def _new_job(
        self, session: Session, settings: Settings, offers: tuple[client_messages.ImageOffer, ...]
    ) -> Job:
        self._jobs.check_room(offers, session.identity)
        job = self._history.new_job(settings, offers, session.name, session.identity)
        self._jobs.add(job)
        self._supervisor.expect_work()
        log.info("job %s from %r: %s", job.name, session.name, settings)
        return job

    def _upload(self, session: Session, message: client_messages.Upload, pixels: bytes) -> None:
        if self._jobs.was_removed(message.job):
            return  # it was sent before its sender knew that the job is discarded
        job = self._jobs.get(message.job)
        if job.owner != session.identity:
            raise UnknownJobError("Another program sends that job's pixels.")
        if job.state != "uploading" or message.image >= len(job.offers):
            raise UnknownJobError("Those pixels belong to no job.")
        try:
            chunk = deflate.inflated(pixels) if message.deflated else pixels
            received = _store_pixels(job, message, chunk)
        except (ProtocolError, StorageError) as error:
            self._ledger.fail(job, error)
            return
        self._subscribers.send(
            session.identity, daemon_messages.Received(job.name, message.image, received)
        )
        if job.uploaded:
            self._ledger.enqueue(job)

    # --- pictures ---------------------------------------------------------------------------

    def _fetch(self, session: Session, message: client_messages.Fetch) -> None:
        chunk, last = self._requested_chunk(session, message)
        if not chunk:
            raise ProtocolError("The picture has no pixels there.")
        small = deflate.deflated(chunk) if deflate.FEATURE in session.features else None
        pixels = daemon_messages.Pixels(
            message.job, message.serial, message.offset, small is not None
        )
        self._subscribers.send(session.identity, pixels, small or chunk)
        if last and message.serial != RESULT_SERIAL:
            session.in_flight = None
            for job in self._jobs.in_work:
                if session.in_flight is None and session.identity in job.watchers:
                    self._subscribers.offer_preview(session, job)

    def _requested_chunk(
        self, session: Session, message: client_messages.Fetch
    ) -> tuple[bytes, bool]:
        """The requested chunk, and whether it is the picture's last one."""
        if message.serial == RESULT_SERIAL:
            job = self._jobs.get(message.job)
            source = job.unstored or job.folder.stored_result()
        else:
            flight = session.in_flight
            wanted = (message.job, message.serial)
            held = flight is not None and (flight.job, flight.serial) == wanted
            source = flight.picture if flight is not None and held else None
        if source is None:
            raise UnknownJobError("That picture is no longer here.")
        chunk = source.chunk(message.offset)
        return chunk, message.offset + len(chunk) == source.spec.byte_count

    # --- existing jobs ----------------------------------------------------------------------

    def _watch(self, session: Session, message: client_messages.Watch) -> None:
        job = self._jobs.get(message.job)
        job.watchers.add(session.identity)
        for news in self._current_state(job):
            self._subscribers.send(session.identity, news)

    def _current_state(self, job: Job) -> Iterable[Message]:
        if job.state == "queued":
            yield daemon_messages.Queued(job.name, self._jobs.position(job))
        if job.state == "running":
            yield daemon_messages.Started(job.name)
        if job.state == "paused":
            yield daemon_messages.Paused(job.name, job.line().step)
        if job.result is not None:
            yield job.result
        if job.error is not None:
            yield daemon_messages.ErrorReply.of(job.error, job=job.name)

    def _cancel(self, job: Job, *, keep: bool) -> None:
        if job.state == "running":
            self._subscribers.notify(job, daemon_messages.Stopping(job.name))
            self._supervisor.cancel(job, keep=keep)
        elif keep and job.folder.checkpoint.is_file() and not job.ended:
            self._subscribers.notify(job, daemon_messages.Stopping(job.name))
            job.stop_request = client_messages.Cancel(job.name, keep)
            self._ledger.requeue(job, first=True)
            self._supervisor.expect_work()
        elif not job.ended:
            self._ledger.discard(job)

    def _change(self, job: Job, action: str) -> None:
        if action == "pause" and job.state == "running":
            self._supervisor.pause(job)
        elif action == "pause" and job.state == "queued":
            self._ledger.pause(job)
        elif action == "resume" and job.state == "paused":
            self._ledger.requeue(job, first=False)
            self._supervisor.expect_work()
        elif action == "front" and job.state == "queued":
            self._ledger.requeue(job, first=True)
        elif action == "remove" and (job.ended or job.state == "paused"):
            self._ledger.discard(job)
        else:
            raise BusyError(
                _FAILURES[action],
                next_step="See `neural-style jobs`.",
                state=_STATES[job.state],
            )

    def _list(self, message: client_messages.AskJobs) -> JobList:
        if message.job:
            return JobList(message.ticket, 1, (self._jobs.get(message.job).summary(),))
        newest_first = list(self._jobs)[::-1]
        page = newest_first[message.first : message.first + JOBS_IN_A_LIST]
        return JobList(message.ticket, len(newest_first), tuple(job.summary() for job in page))


_FAILURES = {
    "pause": "The job cannot be paused: it is {state}.",
    "resume": "The job cannot be resumed: it is {state}.",
    "front": "The job cannot be moved to the front: it is {state}.",
    "remove": "The job cannot be removed: it is {state}.",
}
_STATES = {
    "uploading": Phrase("still being sent"),
    "queued": Phrase("waiting"),
    "running": Phrase("being painted"),
    "paused": Phrase("paused"),
    "done": Phrase("finished"),
    "failed": Phrase("over"),
}


def _ticket_in(frames: list[bytes]) -> str:
    """The ticket in an invalid message, so that its sender can be answered; empty without one."""
    try:
        ticket = codec.unpack(frames)[1].get("ticket")
    except ProtocolError:
        return ""
    return ticket if isinstance(ticket, str) and len(ticket) <= JOB_NAME else ""


def _store_pixels(job: Job, message: client_messages.Upload, pixels: bytes) -> int:
    """Store a chunk; return how many bytes of its picture have arrived."""
    received = job.received[message.image]
    if message.offset != received or not 0 < len(pixels) <= CHUNK_BYTES:
        raise ProtocolError("Pixels came out of order at byte {offset}.", offset=message.offset)
    if received + len(pixels) > job.offers[message.image].spec.byte_count:
        raise ProtocolError("More pixels came than the picture has.")
    job.folder.append(message.image, pixels)
    job.received[message.image] += len(pixels)
    return job.received[message.image]
