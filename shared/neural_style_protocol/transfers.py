"""A client's uploads and downloads of pictures, in chunks."""

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
    """Sends one message."""

    def __call__(self, message: Message, pixels: bytes = b"") -> None: ...


class Transfers:
    """All transfers of one client."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._uploads: dict[str, Uploads] = {}
        self._downloads: dict[tuple[str, int], Download] = {}

    def upload(self, job: str, pictures: Sequence[Picture], *, deflate: bool) -> None:
        """Start to send the pictures of ``job``."""
        self._uploads[job] = Uploads(job, pictures, deflate=deflate)
        self._send_chunks(self._uploads[job])

    def acknowledge(self, job: str) -> None:
        """The daemon has received another chunk of ``job``; send the next one."""
        uploads = self._uploads.get(job)
        if uploads is not None:
            uploads.acknowledge()
            self._send_chunks(uploads)
            if uploads.unanswered == 0:
                del self._uploads[job]

    def fetch(self, announcement: daemon_messages.Preview | daemon_messages.Result) -> None:
        """Start to fetch an announced picture."""
        key = (announcement.job, announcement.serial)
        if key in self._downloads:
            return  # announced before, after an earlier watch
        self._downloads[key] = Download(announcement)
        self._request(self._downloads[key])

    def add_chunk(
        self, message: daemon_messages.Pixels, pixels: bytes
    ) -> events.Preview | events.Finished | events.Failed | None:
        """Add a chunk; return an event when its picture is complete or has failed."""
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
            self._request(download)
        else:
            del self._downloads[key]
        return event

    def forget(self, job: str) -> None:
        """Stop sending the pictures of ``job``."""
        self._uploads.pop(job, None)

    def reset(self) -> list[str]:
        """Stop all transfers; return the jobs whose pictures were not completely sent."""
        lost = list(self._uploads)
        self._uploads.clear()
        self._downloads.clear()
        return lost

    def _send_chunks(self, uploads: Uploads) -> None:
        for upload, chunk in uploads.next_chunks():
            self._send(upload, chunk)

    def _request(self, download: Download) -> None:
        for request in download.next_requests():
            self._send(request)


class Uploads:
    """The pictures of one job, sent in order with at most ``WINDOW_CHUNKS`` chunks unanswered.

    With ``deflate``, chunks are compressed if that makes them clearly smaller.
    """

    def __init__(self, job: str, pictures: Sequence[Picture], *, deflate: bool = False) -> None:
        self._chunks = _chunks(job, pictures)
        self._deflate = deflate
        self.unanswered = 0

    def next_chunks(self) -> list[tuple[Upload, bytes]]:
        """The chunks to send now."""
        ready = []
        while self.unanswered < WINDOW_CHUNKS:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            ready.append(self._compressed(*chunk))
            self.unanswered += 1
        return ready

    def _compressed(self, upload: Upload, chunk: bytes) -> tuple[Upload, bytes]:
        small = deflated(chunk) if self._deflate else None
        if small is None:
            return upload, chunk
        return dataclasses.replace(upload, deflated=True), small

    def acknowledge(self) -> None:
        """The daemon has received another chunk."""
        self.unanswered -= 1


def _chunks(job: str, pictures: Sequence[Picture]) -> Iterator[tuple[Upload, bytes]]:
    for index, picture in enumerate(pictures):
        for offset in range(0, picture.spec.byte_count, CHUNK_BYTES):
            yield Upload(job, index, offset), picture.chunk(offset)


class Download:
    """An announced picture that is being fetched, ``WINDOW_CHUNKS`` chunks ahead."""

    def __init__(self, announcement: daemon_messages.Preview | daemon_messages.Result) -> None:
        self.announcement = announcement
        self._assembly = Assembly(announcement.spec)
        self._requested = 0

    def next_requests(self) -> list[Fetch]:
        """The requests to send now."""
        requests = []
        ahead = self._assembly.received + WINDOW_CHUNKS * CHUNK_BYTES
        while self._requested < min(ahead, self.announcement.spec.byte_count):
            requests.append(Fetch(self.announcement.job, self.announcement.serial, self._requested))
            self._requested += CHUNK_BYTES
        return requests

    def add(self, offset: int, chunk: bytes) -> events.Preview | events.Finished | None:
        """Add a chunk; return an event when the picture is complete.

        Raises:
            ProtocolError: the chunk is out of order or too large.
        """
        self._assembly.add(offset, chunk)
        return (
            _event(self.announcement, self._assembly.picture()) if self._assembly.complete else None
        )


def _event(
    announcement: daemon_messages.Preview | daemon_messages.Result, picture: Picture
) -> events.Preview | events.Finished:
    if isinstance(announcement, daemon_messages.Preview):
        return events.Preview(announcement.job, announcement.step, picture)
    return events.Finished(
        announcement.job,
        picture,
        announcement.ending,
        announcement.step,
        announcement.elapsed,
        announcement.losses,
    )
