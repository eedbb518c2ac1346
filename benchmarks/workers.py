"""Whether small pictures are painted sooner by two workers side by side than by one.

``python benchmarks/workers.py --json`` starts two real daemons in temporary homes, on the
processor: one with one worker, which has all threads, and one with two, which have half of them
each. They get the same queue of jobs in turn, several times, so that other work on the machine
delays both.

``jobs_per_hour``
    of each round, by the number of workers;
``gain``
    the median of a round with two workers over that of the round with one before it;
``first_picture_s``
    seconds until the first picture of a round is there, the median, by the number of workers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import drawn_pictures
import psutil

from neural_style import weights
from neural_style_protocol import events
from neural_style_protocol.launcher import connect, connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import Settings

COMMAND = (sys.executable, "-m", "neural_style")
COUNTS = (1, 2)


@dataclass(frozen=True)
class Round:
    """One queue of jobs: seconds until the first and until the last picture was there."""

    first: float
    last: float


@contextmanager
def daemon_with(workers: int) -> Iterator[Home]:
    """The home of a daemon with so many workers, which ends with the context."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        weights.ensure(home.weights)
        os.environ.update({"NEURAL_STYLE_WORKERS": str(workers), "NEURAL_STYLE_UNLOAD_AFTER": "0"})
        connect_or_start(home, COMMAND).close()
        try:
            yield home
        finally:
            with connect(home) as client:
                client.shut_down()
                while not any(isinstance(event, events.Disconnected) for event in client.wait(1.0)):
                    pass


def paint(home: Home, settings: Settings, jobs: int) -> Round:
    """Paint so many pictures, and wait for all of them."""
    content, style = drawn_pictures.landscape(), drawn_pictures.style()
    ends: list[float] = []
    with connect(home) as client:
        began = time.monotonic()
        for _ in range(jobs):
            client.submit(content, [(style, 1.0)], settings)
        while len(ends) < jobs:
            for event in client.wait(0.5):
                if isinstance(event, (events.Failed, events.Disconnected)):
                    raise event.error
                if isinstance(event, events.Finished):
                    ends.append(time.monotonic() - began)
    return Round(ends[0], ends[-1])


def measure(settings: Settings, jobs: int, rounds: int) -> dict[str, object]:
    """Measure as the module says."""
    load = psutil.getloadavg()[0]
    taken: dict[int, list[Round]] = {count: [] for count in COUNTS}
    with ExitStack() as stack:
        homes = {count: stack.enter_context(daemon_with(count)) for count in COUNTS}
        for home in homes.values():
            paint(home, settings, 2)  # so that all workers are loaded
        for _ in range(rounds):
            for count, home in homes.items():
                taken[count].append(paint(home, settings, jobs))
    one, two = (taken[count] for count in COUNTS)
    gains = [before.last / after.last for before, after in zip(one, two, strict=True)]
    return {
        "cores": psutil.cpu_count(),
        "load_before": round(load, 2),
        "jobs": jobs,
        "jobs_per_hour": {
            str(count): [round(3600 * jobs / each.last, 1) for each in taken[count]]
            for count in COUNTS
        },
        "gain": round(statistics.median(gains), 3),
        "first_picture_s": {
            str(count): round(statistics.median(each.first for each in taken[count]), 2)
            for count in COUNTS
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--jobs", type=int, default=4, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    chosen = parser.parse_args()
    settings = Settings.from_dict({"preset": chosen.preset, "size": chosen.size, "device": "cpu"})
    asked = {"preset": chosen.preset, "size": chosen.size}
    values = {**asked, **measure(settings, chosen.jobs, chosen.rounds)}
    if chosen.json:
        print(json.dumps(values))
    else:
        for name, value in values.items():
            print(f"{name:<18}{value}")


if __name__ == "__main__":
    main()
