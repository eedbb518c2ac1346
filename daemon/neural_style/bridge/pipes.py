"""The bridge's ends of its two pipes. A thread at each waits, so that the bridge itself does not.

Between a thread and the bridge is a pair of sockets that holds a few parcels. When it is full, its
sender waits, so what is on its way in the bridge never grows.
"""

from __future__ import annotations

import contextlib
import threading

import zmq

from neural_style_protocol.bridge import parcels
from neural_style_protocol.bridge.parcels import Parcel, Sink, Source
from neural_style_protocol.errors import ProtocolError

WAITING = 4
"""Parcels that wait at each end of a pair of sockets."""

END_SECONDS = 30.0
"""How long the other side may take to read the last of what it was sent."""

_MESSAGE, _CONTROL, _END = b"m", b"c", b"e"


class Inflow:
    """Reads parcels from ``source``, the plug-in's side."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], source: Source) -> None:
        self.socket, self._far = _pair(context, "inproc://in")
        self._source = source
        self.has_ended = False
        self.problem: ProtocolError | None = None
        """What has come that is no parcel, if that was the end."""
        threading.Thread(target=self._read, daemon=True).start()

    def receive(self) -> Parcel | None:
        """The next parcel, without waiting; None if there is none, or there are no more."""
        if self.has_ended:
            return None
        try:
            return self._parcel(self.socket.recv_multipart(zmq.NOBLOCK))
        except zmq.Again:
            return None

    def wait(self) -> Parcel | None:
        """The next parcel; None if there are no more."""
        return None if self.has_ended else self._parcel(self.socket.recv_multipart())

    def _parcel(self, parts: list[bytes]) -> Parcel | None:
        kind, *frames = parts
        self.has_ended = kind == _END
        return None if self.has_ended else Parcel(tuple(frames), kind == _CONTROL)

    def _read(self) -> None:
        try:
            while (parcel := parcels.read(self._source)) is not None:
                self._far.send_multipart(_parts(parcel))
        except ProtocolError as error:
            self.problem = error
        except OSError:
            pass  # nobody is there any more
        self._far.send(_END)


class Outflow:
    """Writes parcels to ``sink``, the plug-in's side."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], sink: Sink) -> None:
        self.socket, self._far = _pair(context, "inproc://out")
        self._sink = sink
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def offer(self, parcel: Parcel) -> bool:
        """Send ``parcel``, unless too many wait; whether it was sent."""
        try:
            self.socket.send_multipart(_parts(parcel), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def send(self, parcel: Parcel) -> None:
        """Wait for room, and send ``parcel``."""
        self.socket.send_multipart(_parts(parcel))

    def close(self) -> None:
        """Wait until all was read, or nobody reads any more."""
        self.socket.sndtimeo = int(END_SECONDS * 1000)
        with contextlib.suppress(zmq.Again):
            self.socket.send(_END)
            self._thread.join(END_SECONDS)

    def _write(self) -> None:
        somebody_reads = True
        while (parts := self._far.recv_multipart())[0] != _END:
            somebody_reads = somebody_reads and self._is_written(parts)

    def _is_written(self, parts: list[bytes]) -> bool:
        try:
            parcels.write(self._sink, Parcel(parts[1:], parts[0] == _CONTROL))
        except OSError:
            return False
        return True


def _parts(parcel: Parcel) -> list[bytes]:
    return [_CONTROL if parcel.is_control else _MESSAGE, *parcel.frames]


def _pair(
    context: zmq.Context[zmq.Socket[bytes]], name: str
) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
    """Two sockets, one for each thread, with room for a few parcels between them."""
    ends = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    for end in ends:
        end.linger = 0
        end.sndhwm = end.rcvhwm = WAITING
    ends[0].bind(name)
    ends[1].connect(name)
    return ends
