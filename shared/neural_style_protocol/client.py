"""The client: one connection to a daemon, for a script that waits or a main loop that polls.

It is not thread-safe, because its link is not.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from neural_style_protocol import client_messages, daemon_messages, events
from neural_style_protocol._channel import Channel
from neural_style_protocol._message import Message
from neural_style_protocol._open_question import OpenQuestion
from neural_style_protocol.codec import PROTOCOL_VERSION
from neural_style_protocol.daemon_messages import Accepted, Changed, ErrorReply, Status, Welcome
from neural_style_protocol.deflate import FEATURE
from neural_style_protocol.errors import DaemonUnreachable, NeuralStyleError, SessionError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.job_list import JobList, JobSummary
from neural_style_protocol.link import Link
from neural_style_protocol.older_daemon import check_arithmetic, check_estimates, check_frames
from neural_style_protocol.pixels import Picture
from neural_style_protocol.sequence import Frame
from neural_style_protocol.settings import Settings
from neural_style_protocol.transfers import Transfers

ANSWER_SECONDS = 15.0
"""How long the daemon may take to answer a request. Usually it answers in milliseconds."""

LOADING_SECONDS = 60.0
"""The same for a request that needs the model, because the model may have to be loaded first."""

GREETING_SECONDS = 5.0
"""A hello that had no answer for so long was lost, and can be said again."""

Reply = TypeVar("Reply", bound=Message)


class Client:
    """A connection over ``link`` to a daemon that has answered ``hello``.

    Raises:
        DaemonUnreachable: no daemon answers.
        VersionError: the daemon and this client have no protocol version in common.
        BusyError: the daemon has too many clients.
    """

    def __init__(
        self,
        link: Link,
        *,
        name: str = "",
        timeout: float = ANSWER_SECONDS,
        versions: tuple[int, int] = (PROTOCOL_VERSION, PROTOCOL_VERSION),
    ) -> None:
        features = (FEATURE,) if link.remote else ()
        self._hello = client_messages.Hello(*versions, client=name, features=features)
        self._channel = Channel(link)
        self._events: list[events.Event] = []
        self._replies: list[Message] = []
        self._transfers = Transfers(self._send)
        self._watched: set[str] = set()
        self._cancels: dict[str, client_messages.Cancel] = {}
        self._question = OpenQuestion(self._send)
        self._greeted: float | None = None
        self._renewals = 0
        self._lost: NeuralStyleError | None = None
        try:
            self.daemon = self._request(self._hello, Welcome, timeout=timeout)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; jobs continue without this client."""
        if self._lost is None:
            with contextlib.suppress(DaemonUnreachable):
                self._channel.send(client_messages.Bye())
        self._lost = DaemonUnreachable("The daemon has gone.")
        self._channel.close()

    # --- requests ---------------------------------------------------------------------------

    def submit(
        self,
        content: Picture,
        styles: Sequence[tuple[Picture, float]],
        settings: Settings,
        *,
        mask: Picture | None = None,
        initial: Picture | None = None,
        preview: bool = False,
        title: str = "",
        arithmetic: str = "",
        frame: Frame | None = None,
        on_job: Callable[[str], None] = lambda job: None,
    ) -> str:
        """Submit a job and return its name. The following calls of ``pump`` send its pixels.

        Args:
            content: 3 or 4 channels.
            styles: style images, each with its relative weight.
            mask: 1 channel, of the content's size; the picture is painted where it is not 0.
            initial: the picture to go on from, of any size.
            preview: it does not wait for the running job, if it is small.
            title: for lists of jobs; may be a file's name with bytes that are no text. It is cut.
            arithmetic: from an ``Estimate``, for pictures that several machines share.
            frame: its place among the frames of a video; None for a picture by itself.
            on_job: called with the job's name before any pixels are sent. The daemon forgets a job
                whose pixels never come, so what is recorded here is never painted unrecorded.

        Raises:
            NeuralStyleError: the daemon refuses, or does not answer.
        """
        if arithmetic:
            check_arithmetic(self.daemon)
        pictures = [("content", content, 1.0), *(("style", p, w) for p, w in styles)]
        more = (("mask", mask), ("initial", initial))
        pictures += [(role, picture, 1.0) for role, picture in more if picture is not None]
        offers = tuple(client_messages.ImageOffer(role, p.spec, w) for role, p, w in pictures)
        name = title.encode(errors="replace").decode()[: client_messages.LONGEST_TITLE]
        submit = client_messages.Submit(
            _ticket(), settings.to_dict(), offers, preview, name, arithmetic
        )
        if frame is not None:
            check_frames(self.daemon)
            submit = frame.placed(submit)
        job = self._request(submit, Accepted, submit.ticket).job
        on_job(job)
        deflate = FEATURE in self._hello.features and FEATURE in self.daemon.features
        self._watched.add(job)
        self._transfers.upload(job, [each for _, each, _ in pictures], deflate=deflate)
        return job

    def cancel(self, job: str, *, keep: bool) -> None:
        """Stop ``job``: ``Finished`` follows if its picture is kept, else ``Discarded``."""
        self._cancels[job] = client_messages.Cancel(job, keep)
        self._send(self._cancels[job])

    def watch(self, job: str) -> None:
        """Follow a job of another connection; its state and its result come as events."""
        self._watched.add(job)
        self._send(client_messages.Watch(job))

    def rerun(self, job: str, changes: Mapping[str, object]) -> str:
        """Submit the pictures of ``job`` again with changed settings; return the new job's name.

        Raises:
            NeuralStyleError: the daemon refuses, or does not answer.
        """
        rerun = client_messages.Rerun(_ticket(), job, changes)
        name = self._request(rerun, Accepted, rerun.ticket).job
        self._watched.add(name)
        return name

    def change(self, job: str, action: str) -> None:
        """Apply one of ACTIONS to ``job``: pause, resume, front or remove.

        Raises:
            NeuralStyleError: the daemon refuses, or does not answer.
        """
        change = client_messages.Change(_ticket(), job, action)
        self._request(change, Changed, change.ticket)

    def jobs(self) -> list[JobSummary]:
        """The jobs that the daemon keeps, newest first.

        Raises:
            DaemonUnreachable: it does not answer.
        """
        found: list[JobSummary] = []
        while True:
            ask = client_messages.AskJobs(_ticket(), first=len(found))
            page = self._request(ask, JobList, ask.ticket)
            found += page.jobs
            if not page.jobs or len(found) >= page.count:
                return found

    def job(self, name: str) -> JobSummary:
        """One job that the daemon keeps.

        Raises:
            UnknownJobError: there is no such job.
        """
        ask = client_messages.AskJobs(_ticket(), job=name)
        return self._request(ask, JobList, ask.ticket).jobs[0]

    def status(self) -> Status:
        """The daemon's status.

        Raises:
            DaemonUnreachable: it does not answer.
        """
        return self._request(client_messages.AskStatus(), Status)

    def ask_estimate(self, settings: Settings, width: int, height: int, styles: int = 1) -> str:
        """Ask for an estimate, for so many styles of a mix; return the request's ticket.

        An ``Estimate`` or a ``NoEstimate`` follows, unless a newer request replaces this one.

        Raises:
            DaemonError: this version of the daemon cannot estimate.
        """
        return self._question.ask(self._new_question(settings, width, height, styles))

    def estimate(
        self,
        settings: Settings,
        width: int,
        height: int,
        styles: int = 1,
        *,
        timeout: float = LOADING_SECONDS,
    ) -> Estimate:
        """The estimate for a content image of this size; waits while the daemon loads its model.

        Args:
            styles: how many style images are mixed.
            timeout: the longest wait in seconds; measuring the machine's speed is part of it.

        Raises:
            NeuralStyleError: such a picture is impossible, or the daemon cannot estimate.
        """
        question = self._new_question(settings, width, height, styles)
        self._question.forget()
        return self._request(question, Estimate, question.ticket, timeout)

    def shut_down(self) -> None:
        """Ask the daemon to shut down; ``Disconnected`` follows."""
        self._send(client_messages.Shutdown())

    # --- events -----------------------------------------------------------------------------

    @property
    def fd(self) -> int:
        """An edge-triggered file descriptor. Call ``pump`` when it is readable, and regularly."""
        return self._channel.fd

    def pump(self) -> list[events.Event]:
        """Handle all messages that have arrived, without waiting, and return the events."""
        try:
            self._receive_all()
            if self._lost is None:
                self._channel.keep_alive()
        except NeuralStyleError as error:
            self._disconnect(error)
        self._check_link()
        pending, self._events = self._events, []
        return pending

    def wait(self, timeout: float) -> list[events.Event]:
        """Wait for the next events; the list is empty if none came within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            pending = self.pump()
            left = deadline - time.monotonic()
            if pending or left <= 0:
                return pending
            self._channel.poll(left)

    # --- internals --------------------------------------------------------------------------

    def _new_question(self, settings: Settings, *sizes: int) -> AskEstimate:
        check_estimates(self.daemon)
        return AskEstimate(_ticket(), settings.to_dict(), *sizes)

    def _send(self, message: Message, pixels: bytes = b"") -> None:
        if self._lost is not None:
            raise DaemonUnreachable("The daemon has gone.")
        self._channel.send(message, pixels)

    def _request(
        self, message: Message, kind: type[Reply], ticket: str = "", timeout: float = ANSWER_SECONDS
    ) -> Reply:
        self._replies.clear()
        self._send(message)
        renewals = self._renewals
        deadline = time.monotonic() + timeout
        while True:
            self._receive_all()
            if renewals != self._renewals:  # the daemon had disconnected this client
                renewals = self._renewals
                self._send(message)
            for reply in self._replies:
                if getattr(reply, "ticket", "") != ticket:
                    continue
                if isinstance(reply, ErrorReply):
                    raise reply.exception()
                if isinstance(reply, kind):
                    return reply
            self._check_link()
            if self._lost is not None:
                raise self._lost
            left = deadline - time.monotonic()
            if left <= 0:
                raise DaemonUnreachable(
                    "The daemon does not answer.",
                    next_step="Run `neural-style restart`, then try again.",
                )
            self._channel.keep_alive()
            self._channel.poll(left)

    def _receive_all(self) -> None:
        for message, pixels in self._channel.received():
            self._handle(message, pixels)

    def _handle(self, message: Message, pixels: bytes) -> None:
        match message:
            case ErrorReply(code=SessionError.code):
                self._renew_session()
            case Estimate() | ErrorReply() if self._question.is_answered_by(message):
                self._events.append(self._question.event_of(message))
            case ErrorReply(ticket="", job=job) if job:
                self._forget(job)
                self._events.append(events.Failed(job, message.exception()))
            case ErrorReply() if self._greeted is not None:
                self._disconnect(message.exception())
            case Welcome() if self._greeted is not None:
                self._restore_requests()
            case ErrorReply() | Accepted() | Status() | Welcome():
                self._replies.append(message)
            case Changed() | JobList() | Estimate():
                self._replies.append(message)
            case daemon_messages.Received():
                self._transfers.acknowledge(message.job)
            case daemon_messages.Preview() | daemon_messages.Result():
                self._transfers.fetch(message)
            case daemon_messages.Pixels():
                self._handle_pixels(message, pixels)
            case events.Discarded():
                self._forget(message.job)
                self._events.append(message)
            case events.Queued() | events.Started() | events.Progress() | events.Notice():
                self._events.append(message)
            case events.Stopping() | events.Paused():
                self._events.append(message)
            case daemon_messages.Goodbye():
                self._disconnect(DaemonUnreachable("The daemon was stopped."))

    def _handle_pixels(self, message: daemon_messages.Pixels, pixels: bytes) -> None:
        event = self._transfers.add_chunk(message, pixels)
        if isinstance(event, events.Finished):
            self._forget(event.job)
        if event is not None:
            self._events.append(event)

    def _forget(self, job: str) -> None:
        self._watched.discard(job)
        self._cancels.pop(job, None)
        self._transfers.forget(job)

    def _renew_session(self) -> None:
        """The daemon has disconnected this client, or the link was down."""
        now = time.monotonic()
        if self._greeted is None or now - self._greeted > GREETING_SECONDS:
            self._greeted = now
            self._send(self._hello)

    def _restore_requests(self) -> None:
        self._greeted = None
        self._renewals += 1
        for job in self._transfers.reset():
            self._forget(job)
            lost = DaemonUnreachable("The connection was lost while the picture was being sent.")
            self._events.append(events.Failed(job, lost))
        for job in self._watched:
            self._send(client_messages.Watch(job))
        for cancel in self._cancels.values():
            self._send(cancel)
        self._question.ask_again()

    def _check_link(self) -> None:
        failure = self._channel.failure()
        if failure is not None:
            self._disconnect(failure)

    def _disconnect(self, error: NeuralStyleError) -> None:
        if self._lost is None:
            self._lost = error
            self._events.append(events.Disconnected(error))


def _ticket() -> str:
    return secrets.token_hex(8)
