"""A client's pictures on their way: uploads that the daemon paces, downloads that it announced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neural_style_protocol.client_messages import Fetch, Upload
from neural_style_protocol.daemon_messages import Preview, Result
from neural_style_protocol.pixels import CHUNK_BYTES, WINDOW_CHUNKS, Assembly, Picture


class Uploads:
    """The pictures of one job, sent in order with at most ``WINDOW_CHUNKS`` unanswered."""

    def __init__(self, job: str, pictures: Sequence[Picture]) -> None:
        self._chunks = _chunks(job, pictures)
        self.unanswered = 0

    def next_chunks(self) -> list[tuple[Upload, bytes]]:
        """What may be sent now."""
        ready = []
        while self.unanswered < WINDOW_CHUNKS:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            ready.append(chunk)
            self.unanswered += 1
        return ready

    def answered(self) -> None:
        """The daemon has received one more chunk."""
        self.unanswered -= 1


def _chunks(job: str, pictures: Sequence[Picture]) -> Iterator[tuple[Upload, bytes]]:
    for index, picture in enumerate(pictures):
        for offset in range(0, picture.spec.byte_count, CHUNK_BYTES):
            yield Upload(job, index, offset), picture.chunk(offset)


class Download:
    """An announced picture being fetched, ``WINDOW_CHUNKS`` chunks ahead."""

    def __init__(self, announcement: Preview | Result) -> None:
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

    def add(self, offset: int, chunk: bytes) -> Picture | None:
        """Take a chunk; the whole picture once it is complete."""
        self._assembly.add(offset, chunk)
        return self._assembly.picture() if self._assembly.complete else None
