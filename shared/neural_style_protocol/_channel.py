"""A client's messages over its link, which is kept alive with pings."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Ping
from neural_style_protocol.errors import DaemonUnreachable, LinkDown, NeuralStyleError
from neural_style_protocol.link import Link
from neural_style_protocol.messages import DaemonMessage, decode_from_daemon, encode
from neural_style_protocol.phrases import Duration

PING_SECONDS = 2.0
SILENT_SECONDS = 30.0
"""The connection is given up when pings have had no answer for so long. A daemon normally answers
in milliseconds."""

REMOTE_SILENT_SECONDS = 180.0
"""The same for a daemon on another machine, where the link may drop and come back."""

RECONNECT_SECONDS = 12.0
"""A silent remote connection is opened again, at most once in so many seconds."""


class Channel:
    """The messages of one client; not thread-safe. Closing it closes ``link``."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._last_ping = self._last_renewal = time.monotonic()
        self._unanswered_since: float | None = None

    @property
    def fd(self) -> int:
        """See :attr:`Link.fd`."""
        return self._link.fd

    def send(self, message: Message, pixels: bytes = b"") -> None:
        """Send without waiting; raises the errors of :meth:`Link.send`."""
        self._link.send(encode(message, pixels))

    def received(self) -> Iterator[tuple[DaemonMessage, bytes]]:
        """Yield all messages that have arrived; skip types that this version does not know.

        Raises:
            ProtocolError: a message is invalid.
        """
        while (frames := self._link.receive()) is not None:
            message, pixels = decode_from_daemon(frames)
            self._unanswered_since = None
            if message is not None:
                yield message, pixels

    def keep_alive(self) -> None:
        """Send a ping when it is due, and connect again to a remote daemon that is silent."""
        now = time.monotonic()
        silent = 0.0 if self._unanswered_since is None else now - self._unanswered_since
        if self._link.remote and min(silent, now - self._last_renewal) > RECONNECT_SECONDS:
            self._last_renewal = now
            self._link.renew()
        if now - self._last_ping > PING_SECONDS:
            self._last_ping = now
            if self._unanswered_since is None:
                self._unanswered_since = now
            with contextlib.suppress(LinkDown):
                self.send(Ping())

    def failure(self) -> NeuralStyleError | None:
        """Why the connection must be given up; None while it works."""
        failure = self._link.failure()
        if failure is not None:
            return failure
        silent = REMOTE_SILENT_SECONDS if self._link.remote else SILENT_SECONDS
        if self._unanswered_since is None or time.monotonic() - self._unanswered_since < silent:
            return None
        return DaemonUnreachable(
            "The daemon has not answered for {time}.",
            next_step="Run `neural-style restart`, then try again.",
            time=Duration(silent),
        )

    def close(self) -> None:
        """Close the link."""
        self._link.close()

    def poll(self, seconds: float) -> None:
        """Wait until messages may have arrived, for at most ``seconds``."""
        self._link.poll(min(seconds, PING_SECONDS))
