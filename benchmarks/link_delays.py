"""The bridge against the direct link, on one running daemon; `latency.py` tells of both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from neural_style_protocol import events
from neural_style_protocol.bridge.connecting import connect_by_bridge
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

ROUND_TRIPS = 200
LAYER = (6000, 4000)
"""A layer of 24 megapixels."""

LAYER_ROUNDS = 3
WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class LinkDelays:
    """Milliseconds and seconds, by the suffixes of the names.

    ``answer`` is the median time of a status's round trip. ``preview_later`` is how much later the
    same preview of the same job is complete behind the bridge: the median, and the 95th percentile,
    of ``previews``. ``upload`` is the best time in which a layer of 24 megapixels was sent, and
    ``upload_ratio`` that of the bridge to that of the direct link.
    """

    answer_direct_ms: float
    answer_bridge_ms: float
    preview_later_ms: float
    preview_later_p95_ms: float
    previews: int
    upload_direct_s: float
    upload_bridge_s: float
    upload_ratio: float


def measure(
    home: Home, command: Sequence[str], content: Picture, style: Picture, settings: Settings
) -> LinkDelays:
    """Measure with a job of these pictures."""
    with (
        connect_or_start(home, command, name="direct") as direct,
        connect_by_bridge(home, command, name="bridge") as bridge,
    ):
        answers = [_answer_ms(direct), _answer_ms(bridge)]
        # Whoever is told first has an advantage, so each of them is.
        later = [
            *_later_ms(direct, bridge, content, style, settings),
            *(-delay for delay in _later_ms(bridge, direct, content, style, settings)),
        ]
        uploads = [_upload_s(direct, style), _upload_s(bridge, style)]
    return LinkDelays(
        answer_direct_ms=round(answers[0], 2),
        answer_bridge_ms=round(answers[1], 2),
        preview_later_ms=round(statistics.median(later), 2),
        preview_later_p95_ms=round(statistics.quantiles(later, n=20)[-1], 2),
        previews=len(later),
        upload_direct_s=round(uploads[0], 2),
        upload_bridge_s=round(uploads[1], 2),
        upload_ratio=round(uploads[1] / uploads[0], 2),
    )


def _answer_ms(client: Client) -> float:
    took = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        client.status()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def _later_ms(
    owner: Client, other: Client, content: Picture, style: Picture, settings: Settings
) -> list[float]:
    """How much later each preview of one job has come to ``other`` than to ``owner``."""
    job = owner.submit(content, [(style, 1.0)], settings)
    other.watch(job)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda client: _previews(client, job), (owner, other))
    return [1000 * (second[step] - first[step]) for step in first.keys() & second.keys()]


def _previews(client: Client, job: str) -> dict[int, float]:
    """When each preview has come, by its step, until the job has ended."""
    arrivals: dict[int, float] = {}
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for event in client.wait(0.5):
            if isinstance(event, (events.Failed, events.Disconnected)):
                raise event.error
            if isinstance(event, events.Preview) and event.job == job:
                arrivals[event.step] = time.perf_counter()
            elif isinstance(event, events.Finished):
                return arrivals
    raise TimeoutError(f"the picture was not finished within {WAIT_SECONDS:.0f} seconds")


def _upload_s(client: Client, style: Picture) -> float:
    """The best time from the submission of a large layer until the daemon has all of it."""
    width, height = LAYER
    layer = Picture.of(width, height, 3, bytes(range(200)) * (width * height * 3 // 200))
    took = []
    for _ in range(LAYER_ROUNDS):
        began = time.perf_counter()
        job = client.submit(layer, [(style, 1.0)], Settings(size=256))
        _wait_for(client, events.Queued)
        took.append(time.perf_counter() - began)
        client.cancel(job, keep=False)
        _wait_for(client, events.Discarded)
    return min(took)


def _wait_for(client: Client, kind: type[events.Event]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for event in client.wait(0.5):
            if isinstance(event, (events.Failed, events.Disconnected)):
                raise event.error
            if isinstance(event, kind):
                return
    raise TimeoutError(f"no {kind.__name__} within {WAIT_SECONDS:.0f} seconds")
