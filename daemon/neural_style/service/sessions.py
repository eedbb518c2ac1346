"""The clients that are connected now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from neural_style.service.limits import Limits
from neural_style_protocol.errors import BusyError
from neural_style_protocol.pixels import Picture

LAST_WORDS_SECONDS = 2.0
"""How long after its last message a client that is gone may still be heard."""


@dataclass
class PreviewInFlight:
    """The one preview that a client is fetching."""

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
    """It cannot be told anything any more; what it has sent before is still heard."""

    seen: dict[str, int] = field(default_factory=dict)
    """The newest preview that was announced, by job."""


class Sessions:
    """Sessions by ZeroMQ identity."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions: dict[bytes, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def heard(self, identity: bytes) -> Session | None:
        """The session of a client that has just sent something."""
        session = self._sessions.get(identity)
        if session is not None:
            session.last_heard = time.monotonic()
        return session

    def get(self, identity: bytes) -> Session | None:
        return self._sessions.get(identity)

    def open(self, identity: bytes, name: str, features: tuple[str, ...]) -> Session:
        """A session for a client that said hello.

        Raises:
            BusyError: there are too many.
        """
        if identity not in self._sessions and len(self) >= self._limits.clients:
            raise BusyError("Too many programs use the daemon at once.")
        self._sessions[identity] = Session(identity, name, features)
        return self._sessions[identity]

    def close(self, identity: bytes) -> None:
        self._sessions.pop(identity, None)

    def silent(self) -> list[Session]:
        """Those from which nothing has come for too long."""
        now = time.monotonic()
        return [session for session in self if now - session.last_heard > self._patience(session)]

    def _patience(self, session: Session) -> float:
        limit = self._limits.silent_client
        return min(limit, LAST_WORDS_SECONDS) if session.is_gone else limit
