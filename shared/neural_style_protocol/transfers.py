"""A client's pictures on their way: uploads that the daemon paces, downloads that it announced."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Protocol

from neural_style_protocol import daemon_messages, events
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Fetch, Upload
from neural_style_protocol.deflate import deflated, inflated
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.pixels import CHUNK_BYTES, WINDOW_CHUNKS, Assembly, Picture


class Send(Protocol):
    """How messages leave."""

    def __call__(self, message: Message, pixels: bytes = b"") -> None: ...


class Transfers:
    """All pictures of one client that are on their way."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._uploads: dict[str, Uploads] = {}
        self._downloads: dict[tuple[str, int], Download] = {}

    def upload(self, job: str, pictures: Sequence[Picture], *, deflate: bool) -> None:
        """Begin to send the pictures of ``job``."""
        self._uploads[job] = Uploads(job, pictures, deflate=deflate)
        self._send_chunks(self._uploads[job])

    def received(self, job: str) -> None:
        """The daemon has received one more chunk of ``job``; send the next."""
        uploads = self._uploads.get(job)
        if uploads is not None:
            uploads.answered()
            self._send_chunks(uploads)
            if uploads.unanswered == 0:
                del self._uploads[job]

    def announced(self, announcement: daemon_messages.Preview | daemon_messages.Result) -> None:
        """Begin to fetch a picture."""
        key = (announcement.job, announcement.serial)
        if key in self._downloads:
            return  # already told, on an earlier watch
        self._downloads[key] = Download(announcement)
        self._ask_for(self._downloads[key])

    def arrived(
        self, message: daemon_messages.Pixels, pixels: bytes
    ) -> events.Preview | events.Finished | events.Failed | None:
        """Take a chunk; what the client sees once its picture is whole, or cannot become so."""
        key = (message.job, message.serial)
        download = self._downloads.get(key)
        if download is None:
            return None
        event: events.Preview | events.Finished | events.Failed | None
        try:
            chunk = inflated(pixels) if message.deflated else pixels
            event = download.add(message.offset, chunk)
        except ProtocolError as error:
            event = events.Failed(message.job, error)
        if event is None:
            self._ask_for(download)
        else:
            del self._downloads[key]
        return event

    def forget(self, job: str) -> None:
        """Send nothing more of ``job``."""
        self._uploads.pop(job, None)

    def break_off(self) -> list[str]:
        """The daemon knows of nothing any more; the jobs that it has not received whole."""
        lost = list(self._uploads)
        self._uploads.clear()
        self._downloads.clear()
        return lost

    def _send_chunks(self, uploads: Uploads) -> None:
        for upload, chunk in uploads.next_chunks():
            self._send(upload, chunk)

    def _ask_for(self, download: Download) -> None:
        for request in download.next_requests():
            self._send(request)


class Uploads:
    """The pictures of one job, sent in order with at most ``WINDOW_CHUNKS`` unanswered.

    With ``deflate``, chunks that become clearly smaller are sent so.
    """

    def __init__(self, job: str, pictures: Sequence[Picture], *, deflate: bool = False) -> None:
        self._chunks = _chunks(job, pictures)
        self._deflate = deflate
        self.unanswered = 0

    def next_chunks(self) -> list[tuple[Upload, bytes]]:
        """What may be sent now."""
        ready = []
        while self.unanswered < WINDOW_CHUNKS:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            ready.append(self._made_smaller(*chunk))
            self.unanswered += 1
        return ready

    def _made_smaller(self, upload: Upload, chunk: bytes) -> tuple[Upload, bytes]:
        small = deflated(chunk) if self._deflate else None
        if small is None:
            return upload, chunk
        return dataclasses.replace(upload, deflated=True), small

    def answered(self) -> None:
        """The daemon has received one more chunk."""
        self.unanswered -= 1


def _chunks(job: str, pictures: Sequence[Picture]) -> Iterator[tuple[Upload, bytes]]:
    for index, picture in enumerate(pictures):
        for offset in range(0, picture.spec.byte_count, CHUNK_BYTES):
            yield Upload(job, index, offset), picture.chunk(offset)


class Download:
    """An announced picture being fetched, ``WINDOW_CHUNKS`` chunks ahead."""

    def __init__(self, announcement: daemon_messages.Preview | daemon_messages.Result) -> None:
        self.announcement = announcement
        self._assembly = Assembly(announcement.spec)
        self._asked = 0

    def next_requests(self) -> list[Fetch]:
        """What to ask for now."""
        requests = []
        ahead = self._assembly.received + WINDOW_CHUNKS * CHUNK_BYTES
        while self._asked < min(ahead, self.announcement.spec.byte_count):
            requests.append(Fetch(self.announcement.job, self.announcement.serial, self._asked))
            self._asked += CHUNK_BYTES
        return requests

    def add(self, offset: int, chunk: bytes) -> events.Preview | events.Finished | None:
        """Take a chunk; what the client sees once the picture is whole.

        Raises:
            ProtocolError: the chunk does not belong there.
        """
        self._assembly.add(offset, chunk)
        return (
            _event(self.announcement, self._assembly.picture()) if self._assembly.complete else None
        )


def _event(
    told: daemon_messages.Preview | daemon_messages.Result, picture: Picture
) -> events.Preview | events.Finished:
    if isinstance(told, daemon_messages.Preview):
        return events.Preview(told.job, told.step, picture)
    return events.Finished(told.job, picture, told.ending, told.step, told.elapsed, told.losses)
