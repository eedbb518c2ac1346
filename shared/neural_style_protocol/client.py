"""The client: one connection to a daemon, for a script that waits or a main loop that polls.

Not thread-safe, like the ZeroMQ socket inside it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from types import TracebackType

import zmq
from zmq.utils.monitor import recv_monitor_message

from neural_style_protocol import daemon_messages as said
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import (
    AskStatus,
    Cancel,
    Hello,
    ImageOffer,
    Ping,
    Shutdown,
    Submit,
    Watch,
)
from neural_style_protocol.codec import MAX_FRAME_BYTES, PROTOCOL_VERSION
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonUnreachable, NeuralStyleError, ProtocolError
from neural_style_protocol.events import Disconnected, Event, Failed, Finished, Preview
from neural_style_protocol.messages import decode_from_daemon, encode
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from neural_style_protocol.transfers import Download, Uploads

ANSWER_SECONDS = 5.0
"""How long the daemon may take to answer a request; it answers in milliseconds when well."""

PING_SECONDS = 2.0
LINGER_MS = 500


class Client:
    """A connection on which ``hello`` has been exchanged.

    Raises:
        DaemonUnreachable: nothing answers at the connection's endpoint.
        VersionError: the daemon speaks no version of the protocol that this client speaks.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str = "",
        timeout: float = ANSWER_SECONDS,
        versions: tuple[int, int] = (PROTOCOL_VERSION, PROTOCOL_VERSION),
    ) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._events: list[Event] = []
        self._replies: list[said.Accepted | said.Status | said.Welcome | said.ErrorReply] = []
        self._uploads: dict[str, Uploads] = {}
        self._downloads: dict[tuple[str, int], Download] = {}
        self._last_ping = time.monotonic()
        self._lost = False
        try:
            self._connect(connection)
            self._send(Hello(*versions, client=name))
            answer = self._await_reply((said.Welcome,), "", timeout)
            assert isinstance(answer, said.Welcome)
            self.daemon = answer
        except BaseException:
            self.close()
            raise

    def _connect(self, connection: Connection) -> None:
        socket = self._socket
        socket.linger = LINGER_MS
        socket.maxmsgsize = MAX_FRAME_BYTES
        socket.curve_serverkey = connection.server_public_key.encode()
        socket.curve_publickey = connection.client_public_key.encode()
        socket.curve_secretkey = connection.client_secret_key.encode()
        try:
            socket.connect(connection.endpoint)
        except zmq.ZMQError as error:
            raise DaemonUnreachable("The connection file names no usable address.") from error

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; jobs go on without this client."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close()
        self._context.term()

    # --- requests ---------------------------------------------------------------------------

    def submit(
        self,
        content: Picture,
        styles: Sequence[tuple[Picture, float]],
        settings: Settings,
        *,
        mask: Picture | None = None,
        initial: Picture | None = None,
    ) -> str:
        """Send a job and return its name; its pixels are sent by the following pumps.

        Args:
            content: 3 or 4 channels.
            styles: each with a weight, relative to the others.
            settings: what to do.
            mask: 1 channel, of the content's size; style goes where it is not 0.
            initial: the picture to start from, of the content's size.

        Raises:
            NeuralStyleError: the daemon refuses, or does not answer.
        """
        pictures = [("content", content, 1.0), *(("style", p, w) for p, w in styles)]
        if mask is not None:
            pictures.append(("mask", mask, 1.0))
        if initial is not None:
            pictures.append(("initial", initial, 1.0))
        ticket = secrets.token_hex(8)
        offers = tuple(ImageOffer(role, picture.spec, w) for role, picture, w in pictures)
        self._send(Submit(ticket, settings.to_dict(), offers))
        answer = self._await_reply((said.Accepted,), ticket, ANSWER_SECONDS)
        assert isinstance(answer, said.Accepted)
        uploads = Uploads(answer.job, [picture for _, picture, _ in pictures])
        self._uploads[answer.job] = uploads
        self._send_chunks(uploads)
        return answer.job

    def cancel(self, job: str, *, keep: bool) -> None:
        """Stop ``job``: ``Finished`` follows if its picture is kept, else ``Discarded``."""
        self._send(Cancel(job, keep))

    def watch(self, job: str) -> None:
        """Follow a job of an earlier connection; its state and result come as events."""
        self._send(Watch(job))

    def status(self) -> said.Status:
        """How the daemon is.

        Raises:
            DaemonUnreachable: it does not answer.
        """
        self._send(AskStatus())
        answer = self._await_reply((said.Status,), "", ANSWER_SECONDS)
        assert isinstance(answer, said.Status)
        return answer

    def shut_down(self) -> None:
        """Ask the daemon to end; ``Disconnected`` follows."""
        self._send(Shutdown())

    # --- events -----------------------------------------------------------------------------

    @property
    def fd(self) -> int:
        """Edge-triggered: when it is readable, and now and then anyway, call ``pump``."""
        return int(self._socket.getsockopt(zmq.FD))

    def pump(self) -> list[Event]:
        """Handle all that has arrived, without waiting, and return what it means."""
        try:
            self._keep_alive()
            self._receive_all()
        except NeuralStyleError as error:
            self._lose(error)
        self._notice_loss()
        events, self._events = self._events, []
        return events

    def wait(self, timeout: float) -> list[Event]:
        """The next events; empty after ``timeout`` seconds without any."""
        deadline = time.monotonic() + timeout
        while True:
            events = self.pump()
            left = deadline - time.monotonic()
            if events or left <= 0:
                return events
            self._poll(min(left, PING_SECONDS))

    # --- inside -----------------------------------------------------------------------------

    def _poll(self, seconds: float) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._monitor, zmq.POLLIN)
        poller.poll(max(1, int(seconds * 1000)))

    def _send(self, message: Message, pixels: bytes = b"") -> None:
        if self._lost:
            raise DaemonUnreachable("The daemon has gone.")
        try:
            self._socket.send_multipart(encode(message, pixels), zmq.NOBLOCK)
        except zmq.Again as error:
            raise DaemonUnreachable("The daemon does not take any messages.") from error

    def _send_chunks(self, uploads: Uploads) -> None:
        for upload, chunk in uploads.next_chunks():
            self._send(upload, chunk)

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._last_ping > PING_SECONDS and not self._lost:
            self._last_ping = now
            self._send(Ping())

    def _await_reply(
        self, kinds: tuple[type[Message], ...], ticket: str, timeout: float
    ) -> Message:
        deadline = time.monotonic() + timeout
        while True:
            self._receive_all()
            for reply in self._replies:
                matches = isinstance(reply, kinds) and getattr(reply, "ticket", "") == ticket
                refused = isinstance(reply, said.ErrorReply) and reply.ticket == ticket
                if matches or refused:
                    self._replies.remove(reply)
                    if isinstance(reply, said.ErrorReply):
                        raise reply.exception()
                    return reply
            self._notice_loss()
            left = deadline - time.monotonic()
            if left <= 0 or self._lost:
                raise DaemonUnreachable(
                    "The daemon does not answer.",
                    next_step="Run `neural-style restart`, then try again.",
                )
            self._poll(left)

    def _receive_all(self) -> None:
        # The socket's FD is edge-triggered, so nothing may be left waiting.
        while _readable(self._socket):
            message, pixels = decode_from_daemon(self._socket.recv_multipart())
            if message is not None:
                self._handle(message, pixels)

    def _handle(self, message: Message, pixels: bytes) -> None:
        match message:
            case said.Accepted() | said.Status() | said.Welcome():
                self._replies.append(message)
            case said.ErrorReply(job=""):
                self._replies.append(message)
            case said.ErrorReply():
                self._uploads.pop(message.job, None)
                self._events.append(Failed(message.job, message.exception()))
            case said.Received():
                self._continue_upload(message)
            case said.Preview() | said.Result():
                self._start_download(message)
            case said.Pixels():
                self._continue_download(message, pixels)
            case said.Queued() | said.Started() | said.Progress():
                self._events.append(message)
            case said.Notice() | said.Discarded():
                self._events.append(message)
            case said.Goodbye():
                self._lose(DaemonUnreachable("The daemon was stopped."))
            case _:
                pass  # a pong needs no answer

    def _continue_upload(self, message: said.Received) -> None:
        uploads = self._uploads.get(message.job)
        if uploads is not None:
            uploads.answered()
            self._send_chunks(uploads)
            if uploads.unanswered == 0:
                del self._uploads[message.job]

    def _start_download(self, announcement: said.Preview | said.Result) -> None:
        download = Download(announcement)
        self._downloads[announcement.job, announcement.serial] = download
        for request in download.next_requests():
            self._send(request)

    def _continue_download(self, message: said.Pixels, pixels: bytes) -> None:
        key = (message.job, message.serial)
        download = self._downloads.get(key)
        if download is None:
            return
        try:
            picture = download.add(message.offset, pixels)
        except ProtocolError as error:
            del self._downloads[key]
            self._events.append(Failed(message.job, error))
            return
        if picture is None:
            for request in download.next_requests():
                self._send(request)
            return
        del self._downloads[key]
        self._events.append(_picture_event(download.announcement, picture))

    def _notice_loss(self) -> None:
        while _readable(self._monitor):
            recv_monitor_message(self._monitor)
            self._lose(DaemonUnreachable("The daemon stopped unexpectedly."))

    def _lose(self, error: NeuralStyleError) -> None:
        if not self._lost:
            self._lost = True
            self._events.append(Disconnected(error))


def _readable(socket: zmq.Socket[bytes]) -> bool:
    return bool(int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)


def _picture_event(announcement: said.Preview | said.Result, picture: Picture) -> Event:
    if isinstance(announcement, said.Preview):
        return Preview(announcement.job, announcement.step, picture)
    return Finished(
        announcement.job,
        picture,
        announcement.ending,
        announcement.step,
        announcement.elapsed,
        announcement.losses,
    )
