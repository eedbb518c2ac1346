"""How soon the daemon shows a picture, and how much time and memory the service itself takes.

``python benchmarks/latency.py --json`` measures the real daemon with the real network in a
temporary home, on the given content and style images, or on drawn ones. With ``--links`` it only
compares the bridge with the direct link.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import drawn_pictures
import link_delays
import psutil

from neural_style import weights
from neural_style.picture_files import reading
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

COMMAND = (sys.executable, "-m", "neural_style")
SIZE = 512
OVERHEAD_SIZE, OVERHEAD_EVALUATIONS, OVERHEAD_ROUNDS = 384, 12, 3
CANCELS = 5
IDLE_SECONDS = 10.0
WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class Latency:
    """Seconds, milliseconds, megabytes (10⁶) and shares, by the suffixes of the names.

    ``service_overhead`` is how much longer a job takes through the daemon than in the engine alone,
    as a share. ``second_job_start_ms`` is the time from the last chunk to the worker's first
    message. ``idle_cpu`` is the service's share of one core.
    """

    cold_first_preview_s: float
    warm_first_preview_s: float
    second_job_start_ms: float
    service_overhead: float
    cancel_ack_ms: float
    cancel_end_ms: float
    idle_rss_mb: float
    idle_cpu: float
    load_before: float


class Follower:
    """Waits for the events of one job."""

    def __init__(self, client: Client, job: str) -> None:
        self._client = client
        self.job = job
        self._events: list[events.Event] = []

    def wait_for(self, kind: type[events.Event]) -> None:
        """Wait for the next event of ``kind``; an error ends the benchmark."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, (events.Failed, events.Disconnected)):
                    raise event.error
                if isinstance(event, kind) and getattr(event, "job", "") == self.job:
                    return
            self._events = self._client.wait(0.5)
        raise TimeoutError(f"no {kind.__name__} within {WAIT_SECONDS:.0f} seconds")

    def discard(self) -> None:
        """Discard the job."""
        self._client.cancel(self.job, keep=False)
        self.wait_for(events.Discarded)


@dataclass(frozen=True)
class Pair:
    """A content and a style image."""

    content: Picture
    style: Picture

    def submit(self, client: Client, **settings: object) -> Follower:
        chosen = Settings.from_dict(settings)
        return Follower(client, client.submit(self.content, [(self.style, 1.0)], chosen))


@contextmanager
def home_with_weights() -> Iterator[Home]:
    """A home with weights only. Its daemon is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        weights.ensure(home.weights)
        try:
            yield home
        finally:
            with connect_or_start(home, COMMAND) as client:
                client.shut_down()
                while not any(isinstance(e, events.Disconnected) for e in client.wait(1.0)):
                    pass


def first_preview(home: Home, pair: Pair) -> float:
    """Seconds to the first preview, including the start of the daemon if it is not running."""
    began = time.monotonic()
    with connect_or_start(home, COMMAND) as client:
        job = pair.submit(client, size=SIZE)
        job.wait_for(events.Preview)
        took = time.monotonic() - began
        job.discard()
    return took


def second_job_start(client: Client, pair: Pair) -> float:
    """Milliseconds from the acknowledgement of a job to the start of its computing."""
    job = pair.submit(client, size=SIZE)
    job.wait_for(events.Queued)
    began = time.monotonic()
    job.wait_for(events.Started)
    took = time.monotonic() - began
    job.discard()
    return took * 1000


def cancel(client: Client, pair: Pair) -> tuple[float, float]:
    """Milliseconds from a cancel to its acknowledgement, and to the end of the job."""
    job = pair.submit(client, size=SIZE)
    job.wait_for(events.Preview)
    began = time.monotonic()
    client.cancel(job.job, keep=False)
    job.wait_for(events.Stopping)
    acknowledged = time.monotonic()
    job.wait_for(events.Discarded)
    return (acknowledged - began) * 1000, (time.monotonic() - began) * 1000


def overhead(home: Home, client: Client, pair: Pair) -> float:
    """How much longer a job takes through the daemon, as a share; uses the best of some rounds."""
    from neural_style.engine import StyleImage, Stylizer, Task
    from neural_style.worker.pictures import planes_of

    chosen = {"size": OVERHEAD_SIZE, "iterations": OVERHEAD_EVALUATIONS}
    task = Task(
        planes_of(pair.content).colour,
        (StyleImage(planes_of(pair.style).colour),),
        Settings.from_dict(chosen),
    )
    engine = Stylizer(weights.ensure(home.weights))
    engine.warm_up()
    alone, served = [], []
    for _ in range(OVERHEAD_ROUNDS):
        began = time.monotonic()
        engine.stylize(task, lambda progress, render: True)
        alone.append(time.monotonic() - began)
        began = time.monotonic()
        pair.submit(client, **chosen).wait_for(events.Finished)
        served.append(time.monotonic() - began)
    return min(served) / min(alone) - 1


def idle(client: Client) -> tuple[float, float]:
    """The service's resident megabytes, and its share of a core while it is idle."""
    service = psutil.Process(client.daemon.pid)
    before = service.cpu_times()
    time.sleep(IDLE_SECONDS)
    after = service.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return service.memory_info().rss / 1e6, spent / IDLE_SECONDS


def measure(pair: Pair) -> Latency:
    """Measure everything, in a temporary home."""
    load = psutil.getloadavg()[0]
    with home_with_weights() as home:
        cold = first_preview(home, pair)
        warm = min(first_preview(home, pair) for _ in range(3))
        with connect_or_start(home, COMMAND) as client:
            start = min(second_job_start(client, pair) for _ in range(3))
            cancels = [cancel(client, pair) for _ in range(CANCELS)]
            more = overhead(home, client, pair)
            rss, cpu = idle(client)
    return Latency(
        cold_first_preview_s=round(cold, 2),
        warm_first_preview_s=round(warm, 2),
        second_job_start_ms=round(start, 1),
        service_overhead=round(more, 4),
        cancel_ack_ms=round(max(acknowledged for acknowledged, _ in cancels), 1),
        cancel_end_ms=round(max(ended for _, ended in cancels), 1),
        idle_rss_mb=round(rss, 1),
        idle_cpu=round(cpu, 4),
        load_before=round(load, 2),
    )


def measure_links(pair: Pair) -> link_delays.LinkDelays:
    """Compare the links, in a temporary home."""
    with home_with_weights() as home:
        settings = Settings.from_dict({"size": SIZE})
        return link_delays.measure(home, COMMAND, pair.content, pair.style, settings)


def pictures(content: Path | None, style: Path | None) -> Pair:
    """The pictures at those paths, or drawn ones."""
    return Pair(
        reading.load(content).picture if content else drawn_pictures.landscape(),
        reading.load(style).picture if style else drawn_pictures.style(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--content", type=Path)
    parser.add_argument("--style", type=Path)
    parser.add_argument("--links", action="store_true", help="compare the links, and no more")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    chosen = parser.parse_args()
    painted = [path.name if path else "drawn" for path in (chosen.content, chosen.style)]
    pair = pictures(chosen.content, chosen.style)
    of_the_daemon = {} if chosen.links else asdict(measure(pair))
    measured = {**of_the_daemon, **asdict(measure_links(pair))}
    values = {"pictures": " × ".join(painted), **measured}
    if chosen.json:
        print(json.dumps(values))
    else:
        for name, value in values.items():
            print(f"{name:<22}{value}")


if __name__ == "__main__":
    main()
