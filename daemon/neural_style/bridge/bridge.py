"""The bridge's own thread: it connects to the daemon, and passes messages on in both directions."""

from __future__ import annotations

import time
from collections.abc import Sequence

import zmq

from neural_style.bridge.pipes import Inflow, Outflow
from neural_style_protocol.bridge import controls
from neural_style_protocol.bridge.controls import (
    BRIDGE_VERSION,
    Connect,
    Connected,
    Renew,
    State,
    parcel_of,
)
from neural_style_protocol.bridge.parcels import Parcel, Sink, Source
from neural_style_protocol.connection import Connection
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import (
    DaemonUnreachable,
    NeuralStyleError,
    ProtocolError,
    VersionError,
)
from neural_style_protocol.launcher import connect, connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.remotes import Remotes
from neural_style_protocol.set_up import way_to_set_up
from neural_style_protocol.zmq_link import ZmqLink

QUEUE = 32
"""Most messages that wait at the socket in either direction. What a client sends without an answer
is less, so that a request to connect again does not wait behind it."""

GIVE_UP_SECONDS = 200.0
"""A client whose messages the daemon has not taken for so long has given up, or has gone unseen."""

BURST = 16
"""Most messages that are passed on in one direction before the other's turn."""

TICK_SECONDS = 1.0


def run(home: Home, command: Sequence[str], source: Source, sink: Sink) -> None:
    """Be the bridge between the two streams and the daemon of ``home``, until one side has gone.

    Args:
        command: the start of the command line that starts the daemon.
        source, sink: the parcels' streams from the other program and to it.
    """
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    inflow, outflow = Inflow(context, source), Outflow(context, sink)
    try:
        link = _connected(home, command, inflow, outflow)
        if link is not None:
            try:
                Bridge(link, inflow, outflow).pass_on()
            finally:
                link.close()
    except NeuralStyleError as error:
        outflow.send(parcel_of(ErrorReply.of(error)))
    outflow.close()


def _connected(
    home: Home, command: Sequence[str], inflow: Inflow, outflow: Outflow
) -> ZmqLink | None:
    """The link that the other side asks for first; None if it has gone before it asked."""
    first = inflow.wait()
    if first is None:
        _check(inflow)
        return None
    request = controls.read(first.frames) if first.is_control else None
    if not isinstance(request, Connect):
        raise ProtocolError("The first message through the bridge must ask for a connection.")
    if request.bridge != BRIDGE_VERSION:
        raise VersionError(
            "The plug-in uses version {theirs} of the bridge, and the daemon's program version "
            "{ours}.",
            next_step="Run {setup} again, then `neural-style restart`.",
            theirs=request.bridge,
            ours=BRIDGE_VERSION,
            setup=way_to_set_up(home),
        )
    link = ZmqLink(_connection(home, command, request, outflow), queue=QUEUE)
    outflow.send(parcel_of(Connected(link.remote)))
    return link


def _connection(
    home: Home, command: Sequence[str], request: Connect, outflow: Outflow
) -> Connection:
    """The way to the daemon that is chosen in ``home``, which has just answered."""
    if request.start:
        connect_or_start(
            home,
            command,
            name=request.client,
            on_state=lambda phrase: outflow.send(parcel_of(State.of(phrase))),
        ).close()
    else:
        connect(home, name=request.client).close()
    return Remotes(home).connection() or Connection.read(home.connection_file)


def _check(inflow: Inflow) -> None:
    if inflow.problem is not None:
        raise inflow.problem


class Bridge:
    """Both directions. In each, one message is held while the far side has no room for it."""

    def __init__(self, link: ZmqLink, inflow: Inflow, outflow: Outflow) -> None:
        self._link, self._inflow, self._outflow = link, inflow, outflow
        self._to_daemon: Parcel | None = None
        self._from_daemon: Parcel | None = None
        self._last_sent = time.monotonic()

    def pass_on(self) -> None:
        """Pass messages on until the other side has gone.

        Raises:
            DaemonUnreachable: the daemon has gone, and all that it had sent was passed on; or it
                takes no messages.
            ProtocolError: what came from the other side is no parcel.
        """
        while True:
            self._wait()
            failure = self._link.failure()
            self._pass_to_daemon()
            is_dry = self._pass_from_daemon()
            if self._inflow.has_ended:
                _check(self._inflow)
                return
            if failure is not None and is_dry:
                raise failure

    def _wait(self) -> None:
        """Wait until a message has arrived, or until there is room for one that is held."""
        poller = zmq.Poller()
        flags = zmq.POLLIN if self._from_daemon is None else 0
        if self._to_daemon is None:
            poller.register(self._inflow.socket, zmq.POLLIN)
        else:
            flags |= zmq.POLLOUT
        if self._from_daemon is not None:
            poller.register(self._outflow.socket, zmq.POLLOUT)
        self._link.register(poller, flags)
        poller.poll(int(TICK_SECONDS * 1000))

    def _pass_to_daemon(self) -> None:
        for _ in range(BURST):
            parcel = self._to_daemon or self._inflow.receive()
            self._to_daemon = None
            if parcel is None:
                return
            if parcel.is_control:
                self._obey(parcel)
            elif not self._is_sent(parcel):
                self._to_daemon = parcel
                return

    def _pass_from_daemon(self) -> bool:
        """Whether all that has arrived was passed on."""
        for _ in range(BURST):
            parcel = self._from_daemon or _parcel(self._link.receive())
            self._from_daemon = None
            if parcel is None:
                return True
            if not self._outflow.offer(parcel):
                self._from_daemon = parcel
                return False
        return False

    def _is_sent(self, parcel: Parcel) -> bool:
        try:
            self._link.send(parcel.frames)
        except DaemonUnreachable:  # there is no room
            if time.monotonic() - self._last_sent > GIVE_UP_SECONDS:
                raise
            return False
        self._last_sent = time.monotonic()
        return True

    def _obey(self, parcel: Parcel) -> None:
        if isinstance(controls.read(parcel.frames), Renew):
            self._link.renew()


def _parcel(frames: Sequence[bytes] | None) -> Parcel | None:
    return None if frames is None else Parcel(frames)
