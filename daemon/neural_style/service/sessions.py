"""The sessions of the connected clients."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from neural_style.service.limits import Limits
from neural_style_protocol.errors import BusyError
from neural_style_protocol.pixels import Picture

LAST_MESSAGES_SECONDS = 2.0
"""How long messages are still read from a client that is gone, after the last one."""


@dataclass
class PreviewInFlight:
    """The preview that a client is fetching."""

    job: str
    serial: int
    picture: Picture


@dataclass
class Session:
    """One client after its ``hello``."""

    identity: bytes
    name: str
    features: tuple[str, ...] = ()
    last_heard: float = field(default_factory=time.monotonic)
    in_flight: PreviewInFlight | None = None
    is_gone: bool = False
    """Nothing can be sent to it any more, but messages that it sent earlier are still handled."""

    announced: dict[str, int] = field(default_factory=dict)
    """The serial of the newest preview that was announced, by job."""


class Sessions:
    """Sessions by ZeroMQ identity."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions: dict[bytes, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def on_message(self, identity: bytes) -> Session | None:
        """The session of a client that has just sent a message; None if it has no session."""
        session = self._sessions.get(identity)
        if session is not None:
            session.last_heard = time.monotonic()
        return session

    def get(self, identity: bytes) -> Session | None:
        return self._sessions.get(identity)

    def open(self, identity: bytes, name: str, features: tuple[str, ...]) -> Session:
        """Open a session for a client that has sent ``hello``.

        Raises:
            BusyError: there are too many clients.
        """
        if identity not in self._sessions and len(self) >= self._limits.clients:
            raise BusyError("Too many programs use the daemon at once.")
        self._sessions[identity] = Session(identity, name, features)
        return self._sessions[identity]

    def close(self, identity: bytes) -> None:
        self._sessions.pop(identity, None)

    def silent(self) -> list[Session]:
        """The sessions of clients that have sent nothing for too long."""
        now = time.monotonic()
        return [session for session in self if now - session.last_heard > self._timeout(session)]

    def _timeout(self, session: Session) -> float:
        limit = self._limits.silent_client
        return min(limit, LAST_MESSAGES_SECONDS) if session.is_gone else limit
