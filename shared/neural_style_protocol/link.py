"""What carries a client's messages to a daemon and back: a socket, or a pipe to the bridge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from neural_style_protocol.errors import NeuralStyleError


class Link(Protocol):
    """A connection for messages, each of one or two frames. One thread uses it."""

    @property
    def remote(self) -> bool:
        """Whether the daemon is on another machine, so that the link may drop and come back."""

    @property
    def fd(self) -> int:
        """A descriptor for a main loop: readable when messages may have arrived.

        Read them all then, because it may tell only of changes.
        """

    def send(self, frames: Sequence[bytes]) -> None:
        """Send a message without waiting.

        Raises:
            LinkDown: the link to a remote daemon is down, perhaps for a short time.
            DaemonUnreachable: the daemon takes no messages.
        """

    def receive(self) -> Sequence[bytes] | None:
        """The next message that has arrived; None if there is none.

        Raises:
            ProtocolError: what has arrived is no message.
        """

    def poll(self, seconds: float) -> None:
        """Wait until a message may have arrived, for at most ``seconds``."""

    def renew(self) -> None:
        """Connect again, because a remote daemon does not answer."""

    def failure(self) -> NeuralStyleError | None:
        """Why the connection has ended; None while it works."""

    def close(self) -> None:
        """Close the connection; what was sent still goes out, if that does not take long."""
