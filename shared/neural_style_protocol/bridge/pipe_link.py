"""The link through the bridge."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from neural_style_protocol.bridge import controls
from neural_style_protocol.bridge.controls import Connect, Connected, Renew, State, parcel_of
from neural_style_protocol.bridge.parcels import Parcel
from neural_style_protocol.bridge.process import BridgeProcess
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import (
    BridgeError,
    DaemonUnreachable,
    LinkDown,
    NeuralStyleError,
    SessionError,
)
from neural_style_protocol.messages import encode
from neural_style_protocol.phrases import Duration, Phrase, reason

CONNECT_SECONDS = 90.0
"""How long the bridge may take to connect. It gives up a daemon that does not start before that."""

MOST_LOSSES, LOSSES_SECONDS = 3, 60.0
"""A bridge that ends more often than this in that time is not started again."""


class PipeLink:
    """A :class:`~neural_style_protocol.link.Link` through the bridge that ``command`` starts.

    When the bridge vanishes, another is started, whose connection the daemon does not know. So the
    client gets the error that would answer its next message, and says hello again.

    Args:
        command, environment, folder: as for :class:`BridgeProcess`.
        client: the client's name in the daemon's log.
        start: whether the bridge starts the local daemon if it is not running.
        on_state: called with what the bridge waits for while it connects.

    Raises:
        BridgeError: the bridge cannot be started, or ends before it has connected.
        NeuralStyleError: the bridge cannot connect to the daemon, nor start it.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        client: str = "",
        start: bool = True,
        on_state: Callable[[Phrase], None] = lambda phrase: None,
    ) -> None:
        self._program = (command, environment, folder)
        self._client, self._on_state = client, on_state
        self._bell, self._rope = socket.socketpair()
        for end in (self._bell, self._rope):
            end.setblocking(False)
        self.remote = False
        self._is_connected = False
        self._failure: NeuralStyleError | None = None
        self._losses: list[float] = []
        try:
            self._process = self._start(Connect(start=start, client=client))
        except BaseException:
            self._close_bell()
            raise
        try:
            self._wait_until_connected()
        except BaseException:
            self.close()
            raise

    @property
    def fd(self) -> int:
        """A socket's descriptor. It is readable when something has arrived."""
        return self._bell.fileno()

    @property
    def bridge_pid(self) -> int:
        """The process of the bridge."""
        return self._process.pid

    def send(self, frames: Sequence[bytes]) -> None:
        if self._process.send(Parcel(frames)):
            return
        if self.remote:
            raise LinkDown("The link to the remote daemon is down.")
        raise DaemonUnreachable("The daemon does not take any messages.")

    def receive(self) -> Sequence[bytes] | None:
        self._silence_bell()
        while (parcel := self._process.take()) is not None:
            if not parcel.is_control:
                return parcel.frames
            self._obey(parcel.frames)
        if self._process.has_ended and self._failure is None:
            return self._after_its_end()
        return None

    def poll(self, seconds: float) -> None:
        if self._failure is not None:
            time.sleep(seconds)
        else:
            self._process.wait(seconds)

    def renew(self) -> None:
        self._process.send(parcel_of(Renew()))

    def failure(self) -> NeuralStyleError | None:
        return self._failure

    def close(self) -> None:
        self._process.close()
        self._close_bell()

    # --- internals --------------------------------------------------------------------------

    def _start(self, first: Connect) -> BridgeProcess:
        command = self._program[0]
        try:
            process = BridgeProcess(*self._program, self._ring)
        except OSError as error:
            raise BridgeError(
                "The bridge to the daemon cannot be started: {command} ({reason}).",
                command=command[0],
                reason=reason(error),
            ) from error
        process.send(parcel_of(first))
        return process

    def _wait_until_connected(self) -> None:
        deadline = time.monotonic() + CONNECT_SECONDS
        while not self._is_connected:
            self.receive()
            if self._failure is not None:
                raise self._failure
            left = deadline - time.monotonic()
            if left <= 0:
                raise BridgeError(
                    "The bridge to the daemon did not answer within {time}.",
                    time=Duration(CONNECT_SECONDS),
                )
            if not self._is_connected:
                self._process.wait(left)

    def _obey(self, frames: Sequence[bytes]) -> None:
        match controls.read(frames):
            case Connected(remote=remote):
                self._is_connected, self.remote = True, remote
            case State() as state:
                self._on_state(state.phrase)
            case ErrorReply() as reply:
                self._failure = reply.exception()
            case _:
                pass  # of a later version

    def _after_its_end(self) -> Sequence[bytes] | None:
        """Start another bridge, unless this one never worked or they end time and again.

        Returns what the daemon says to a connection that it does not know.
        """
        if self._process.problem is not None:
            self._failure = self._process.problem
            return None
        now = time.monotonic()
        self._losses = [then for then in self._losses if now - then < LOSSES_SECONDS] + [now]
        if not self._is_connected or len(self._losses) > MOST_LOSSES:
            words = self._process.last_words
            self._failure = BridgeError(
                "The bridge to the daemon ended unexpectedly.",
                next_step="{last_words}" if words else "Run `neural-style doctor`.",
                last_words=words,
            )
            return None
        self._process.close()
        try:
            self._process = self._start(Connect(start=False, client=self._client))
        except BridgeError as error:
            self._failure = error
            return None
        return encode(ErrorReply.of(SessionError("The first message must be a hello.")))

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # it rings already, or nobody listens any more
            self._rope.send(b"!")

    def _silence_bell(self) -> None:
        with contextlib.suppress(OSError):
            self._bell.recv(4_096)

    def _close_bell(self) -> None:
        for end in (self._bell, self._rope):
            end.close()
