"""A connection to the daemon, driven by GLib's main loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from gi.repository import GLib

import connecting
from installation import Installation, NotInstalled, setup_command
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonError, DaemonUnreachable
from neural_style_protocol.events import Disconnected, Event
from sentences import words_of
from words import _

TICK_MS = 40
RETRY_MS = 5_000
MOST_LOSSES, LOSSES_SECONDS = 3, 60.0
"""A daemon that goes more often than this in that time is not connected to again."""


def waiting_text(client: Client, position: int, own: Collection[str] = ()) -> str:
    """What a job with ``position`` others before it is waiting for.

    A running job in ``own`` does not count, because it is being stopped.
    """
    status = client.status()
    stopping = sum(line.state == "running" and line.job in own for line in status.jobs)
    if position > stopping:
        return _("Busy: {count} before you").format(count=position - stopping)
    if status.state in ("loading", "resting"):
        return _("Loading the model…")
    return _("Starting…")


class DaemonLink:
    """Connects in a thread, because starting the daemon takes seconds, and delivers events.

    Args:
        on_state: called with a text that says what is being waited for.
        on_client: called with the client when it is connected.
        on_event: called with each event.
        on_error: called with an error in connecting or in the other callbacks.
        stays: whether to connect again, by itself, to a daemon that has gone; ``on_client`` is then
            called again. A daemon that goes time and again is left alone after an event of it.

    All are called from the main loop, and never after :meth:`close`.
    """

    def __init__(
        self,
        installed: Installation,
        *,
        on_state: Callable[[str], None],
        on_client: Callable[[Client], None],
        on_event: Callable[[Event], None],
        on_error: Callable[[Exception], None],
        stays: bool = False,
    ) -> None:
        self._installed = installed
        self._on_state = on_state
        self._on_client = on_client
        self._on_event = on_event
        self._on_error = on_error
        self._stays, self._losses = stays, list[float]()
        self._closed = False
        self._sources: list[int] = []
        self._retry = 0
        self.client: Client | None = None
        self._begin()

    def close(self) -> None:
        """Close the connection; no callback is called after this."""
        self._closed = True
        if self._retry:
            GLib.source_remove(self._retry)
        self._drop_client()

    def _drop_client(self) -> None:
        for source in self._sources:
            GLib.source_remove(source)
        self._sources = []
        if self.client is not None:
            self.client.close()
            self.client = None

    def _begin(self) -> bool:
        self._retry = 0
        threading.Thread(target=self._connect, daemon=True).start()
        return False

    def _connect(self) -> None:
        """Runs in the thread; afterwards only the main loop uses the client."""
        try:
            client = connecting.connect(
                self._installed,
                lambda phrase: self._later(lambda: self._on_state(words_of(phrase))),
            )
        except Exception as error:
            problem = self._explain(error)
            self._later(lambda: self._failed(problem))
        else:
            GLib.idle_add(self._accept, client)

    def _explain(self, error: Exception) -> Exception:
        """Replace the error of a missing daemon program by advice to install it."""
        if isinstance(error, DaemonUnreachable) or not isinstance(
            error.__cause__, FileNotFoundError
        ):
            return error
        installed = self._installed
        return NotInstalled(
            _("Not installed: {file} is missing. Run {setup}, then try again.").format(
                file=installed.command[0], setup=setup_command(installed.home.root)
            )
        )

    def _later(self, call: Callable[[], None]) -> None:
        def run() -> bool:
            if not self._closed:
                call()
            return False

        GLib.idle_add(run)

    def _accept(self, client: Client) -> bool:
        if self._closed:
            client.close()
            return False
        self.client = client
        # A descriptor may signal only changes, so a slow timer also checks for events.
        watch = GLib.io_add_watch(
            client.fd, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, lambda *_: self._read_events()
        )
        self._sources = [watch, GLib.timeout_add(TICK_MS, self._read_events)]
        self._guarded(lambda: self._on_client(client))
        return False

    def _failed(self, problem: Exception) -> None:
        self._on_error(problem)
        if self._stays and isinstance(problem, (DaemonError, NotInstalled)):
            self._retry = GLib.timeout_add(RETRY_MS, self._begin)

    def _read_events(self) -> bool:
        self._guarded(self._deliver)
        return self.client is not None

    def _deliver(self) -> None:
        for event in self.client.pump() if self.client is not None else ():
            if self._closed:
                return
            if isinstance(event, Disconnected) and self._stays and self._is_rare_loss():
                self._connect_again()
                return
            self._on_event(event)

    def _is_rare_loss(self) -> bool:
        """Count a loss; whether the daemon has not gone too often lately."""
        now = time.monotonic()
        self._losses = [then for then in self._losses if now - then < LOSSES_SECONDS] + [now]
        return len(self._losses) <= MOST_LOSSES

    def _connect_again(self) -> None:
        self._drop_client()
        self._on_state(_("The daemon has gone. Connecting again…"))
        self._begin()

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            if not self._closed:
                self._on_error(error)
