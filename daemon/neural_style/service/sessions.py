"""The clients that are connected now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from neural_style.service.limits import Limits
from neural_style_protocol.errors import BusyError
from neural_style_protocol.pixels import Picture


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
        oldest = time.monotonic() - self._limits.silent_client
        return [session for session in self if session.last_heard < oldest]
